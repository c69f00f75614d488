//! Finds the locked instructions of a program in its disassembly.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::output;

/// The addresses of the locked instructions of each object, read on demand.
#[derive(Debug, Default)]
pub(crate) struct Locked(HashMap<PathBuf, HashSet<u64>>);

impl Locked {
    /// Whether the instruction at this address of the object is locked.
    pub(crate) fn at(&mut self, object: &Path, address: u64) -> Result<bool, String> {
        if !self.0.contains_key(object) {
            let addresses = disassembled(object)?;
            self.0.insert(object.to_owned(), addresses);
        }
        Ok(self.0[object].contains(&address))
    }

    #[cfg(test)]
    pub(super) fn known(objects: &[(&str, &[u64])]) -> Self {
        let set = |addresses: &[u64]| addresses.iter().copied().collect();
        Locked(objects.iter().map(|(object, at)| (object.into(), set(at))).collect())
    }
}

/// The locked addresses of an object; none if the object is not a file, such as the kernel's vDSO.
fn disassembled(object: &Path) -> Result<HashSet<u64>, String> {
    if !object.is_file() {
        return Ok(HashSet::new());
    }
    let mut command = Command::new("objdump");
    let text = output(command.args(["--disassemble", "--no-show-raw-insn"]).arg(object))?;
    Ok(text.lines().filter_map(locked_address).collect())
}

/// The address in a line of disassembly if its instruction is locked.
fn locked_address(line: &str) -> Option<u64> {
    let (address, instruction) = line.trim_start().split_once(":\t")?;
    // An exchange with memory is locked even without the prefix; one between registers is not.
    let exchange = instruction.starts_with("xchg") && instruction.contains('(');
    if !instruction.starts_with("lock ") && !exchange {
        return None;
    }
    u64::from_str_radix(address, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixed_instructions_and_exchanges_with_memory_are_locked() {
        let lines = [
            ("  3db90:\tlock cmpxchg %rcx,(%rdi)", Some(0x3db90)),
            ("   2f00:\tlock incq 0x8(%rax)", Some(0x2f00)),
            ("   2f08:\txchg   %al,(%rdi)", Some(0x2f08)),
            ("   2f0a:\txchg   %ax,%ax", None),
            ("   2f0c:\tmov    (%rdi),%rax", None),
            ("0000000000002f00 <lock_it>:", None),
        ];
        for (line, address) in lines {
            assert_eq!(locked_address(line), address, "{line}");
        }
    }
}
