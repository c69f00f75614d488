//! A cluster of three nodes on loopback, and one URL for many workers.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use retry_tasks_restate::Restate;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::server::{command, folder, free_ports, program};

/// Three nodes that each have all roles and keep two copies of everything, until the cluster is dropped.
pub(crate) struct Cluster {
    program: OsString,
    nodes: [Node; 3],
}

struct Node {
    /// Of the node, its ingress and its admin interface.
    ports: [u16; 3],
    folder: PathBuf,
    process: Option<Child>,
}

impl Cluster {
    /// Starts a cluster and waits until it answers. `None`, and a line that says so, where no server is installed.
    pub(crate) async fn start() -> Option<Self> {
        let program = program()?;
        let ports: [u16; 9] = free_ports();
        let node = |at: usize| Node {
            ports: [ports[at], ports[3 + at], ports[6 + at]],
            folder: folder(),
            process: None,
        };
        let mut cluster = Cluster { program, nodes: [0, 1, 2].map(node) };
        (0..3).for_each(|number| cluster.restart(number));
        let started = Instant::now();
        while !cluster.answers().await {
            assert!(started.elapsed() < Duration::from_secs(60), "the cluster does not start");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Some(cluster)
    }

    /// Kills a node as `kill -9` does.
    pub(crate) fn kill(&mut self, number: usize) {
        if let Some(mut process) = self.nodes[number].process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts a node with the data that it has.
    pub(crate) fn restart(&mut self, number: usize) {
        let nodes = self.nodes.each_ref().map(|it| format!("\"http://127.0.0.1:{}\"", it.ports[0]));
        let node = &mut self.nodes[number];
        let process = command(&self.program, &node.folder, node.ports)
            .env("RESTATE_CLUSTER_NAME", "chaos")
            .env("RESTATE_NODE_NAME", format!("node-{number}"))
            .env("RESTATE_DEFAULT_REPLICATION", "2")
            .env("RESTATE_METADATA_CLIENT__ADDRESSES", format!("[{}]", nodes.join(", ")))
            .env("RESTATE_AUTO_PROVISION", (number == 0).to_string())
            .spawn();
        node.process = Some(process.expect("the node starts"));
    }

    /// The URLs of the ingress and of the admin interface of each node.
    pub(crate) fn urls(&self) -> [[String; 3]; 2] {
        let of = |port: usize| {
            self.nodes.each_ref().map(|node| format!("http://127.0.0.1:{}", node.ports[port]))
        };
        [of(1), of(2)]
    }

    /// Whether every node is a member: each answers a query, which needs the leaders of all partitions.
    async fn answers(&self) -> bool {
        let [ingress, admin] = self.urls();
        for (ingress, admin) in ingress.into_iter().zip(admin) {
            let tasks = Restate::new([ingress]).admin([admin]).open().await.expect("opened");
            if tasks.counts().await.is_err() {
                return false;
            }
        }
        true
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for number in 0..3 {
            self.kill(number);
            let _ = std::fs::remove_dir_all(&self.nodes[number].folder);
        }
    }
}

/// Starts a load balancer, which gives each connection to the next of these ports that accepts it. Returns its URL.
pub(crate) async fn balance<const N: usize>(ports: [u16; N]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let turn = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let turn = Arc::clone(&turn);
            tokio::spawn(async move {
                for _ in ports {
                    let port = ports[turn.fetch_add(1, Ordering::Relaxed) % ports.len()];
                    if let Ok(mut worker) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut client, &mut worker).await;
                        return;
                    }
                }
            });
        }
    });
    url
}
