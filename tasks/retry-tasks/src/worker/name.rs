//! The default name of a worker: the machine and the process.

/// The name of this machine and the number of this process: `web-1 pid 4711`. Only the number where the system does not tell
/// the name.
pub(super) fn of_this_process() -> String {
    let process = format!("pid {}", std::process::id());
    host().map_or(process.clone(), |host| format!("{host} {process}"))
}

/// The name of this machine. The standard library has no function for it.
fn host() -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let from_files = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let variables = ["HOSTNAME", "COMPUTERNAME"];
    let from_variables = variables.iter().filter_map(|name| std::env::var(name).ok());
    let names = from_files.chain(from_variables).map(|name| name.trim().to_owned());
    names.into_iter().find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_name_of_a_worker_has_the_machine_and_the_process() {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("Linux tells");
        assert_eq!(of_this_process(), format!("{} pid {}", host.trim(), std::process::id()));
    }
}
