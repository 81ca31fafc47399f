//! Emulated hosts: a whole machine in one process, with a kernel, a clock and a page cache of its own.
//!
//! What this is for is the loss of power. A killed container's writes are in this machine's page cache and are all found
//! again. Here SIGKILL takes the guest's memory: what nobody in it has had written to its disk is gone, and its
//! filesystem is as the last flush and the writes behind it have left it. Writes that have reached the disk stay even
//! if they were not flushed: the disk has no cache that would be lost.
//!
//! The machine is emulated in software, since test machines rarely offer more: it is many times slower than a container
//! beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::cgroup::Cgroup;
use crate::command::{program, run};
use crate::disk::Disk;
use crate::error::IoContext;
use crate::kernel::Kernel;
use crate::names::Names;
use crate::state::{HostState, State, key_file};
use crate::{Error, Result, faults, names, network};

/// How long an emulated host may take to answer after it was switched on. It takes 15 s on a machine that has nothing
/// else to do, and this one has.
pub const BOOT: Duration = Duration::from_secs(240);

/// What the kernel is told. Nobody attacks this machine, and emulated, mitigations cost most. What nobody flushes stays in
/// memory for ten minutes instead of half of one: it is what a power loss is to take.
const KERNEL: &str = "root=/dev/nvme0n1 rw console=ttyS0 loglevel=4 mitigations=off nokaslr \
                      sysctl.vm.dirty_expire_centisecs=60000";

/// Makes the disk out of the layers that a container would see, in a mount namespace of its own: no crash leaves a
/// mount. The file takes space on this machine's disk only as it is written to.
const MAKE_DISK: &str = r#"
set -eu
mount -t overlay overlay -o "$1" "$2"
exec mke2fs -q -F -t ext4 -i 32768 -J size=64 -d "$2" "$3" 8G
"#;

/// Joins the cgroups given first, so that no process of the host is ever outside them, and becomes the machine. It comes
/// before the hosts beside it, three times as much as each, as far as this machine lets it: they do the same in a
/// dozenth of the time. Where the kernel weighs sessions, a process's own niceness counts among its session only.
const LAUNCH: &str = r#"
set -eu
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
shift
exec setsid sh -c '
{ echo -5 > /proc/self/autogroup; } 2>/dev/null || true
exec nice -n -5 "$@"
' launch "$@"
"#;

/// Joins the cgroup given first and becomes the command after it.
const VISIT: &str = r#"echo $$ > "$1/cgroup.procs"; shift; exec "$@""#;

/// The files of one emulated host.
struct Files {
    disk: PathBuf,
    kernel: PathBuf,
    known_hosts: PathBuf,
}

impl Files {
    fn of(lab_dir: &Path, host: &HostState) -> Self {
        let dir = names::host_dir(lab_dir, host.index);
        Self { disk: dir.join("disk.img"), kernel: dir.join("vmlinuz"), known_hosts: dir.join("known_hosts") }
    }
}

/// Makes the host's disk, once its own files have been written.
pub fn prepare(lab_dir: &Path, state: &State, host: &HostState, kernel: &Kernel) -> Result<()> {
    let (disk, files) = (Disk::of(lab_dir, host.index), Files::of(lab_dir, host));
    fs::copy(&kernel.image, &files.kernel).doing("cannot write", &files.kernel)?;
    let key = disk.upper.join("etc/ssh/ssh_host_ed25519_key.pub");
    let public = fs::read_to_string(&key).doing("cannot read", &key)?;
    fs::write(&files.known_hosts, format!("{} {public}", host.address)).doing("cannot write", &files.known_hosts)?;
    let layers = format!(
        "lowerdir={}:{},upperdir={},workdir={}",
        kernel.layer.display(),
        state.root.display(),
        disk.upper.display(),
        disk.work.display()
    );
    let (mount, image) = (disk.mount.to_string_lossy(), files.disk.to_string_lossy());
    let args = ["--mount", "--propagation", "private", "sh", "-c", MAKE_DISK, "make-disk", &layers, &mount, &image];
    run("making the disk of an emulated host", "unshare", &args, &[]).map(drop)
}

/// Switches the host on, in the background and detached from this process; it boots on its own.
pub fn start(lab_dir: &Path, names: &Names, host: &HostState) -> Result<()> {
    let (disk, files) = (Disk::of(lab_dir, host.index), Files::of(lab_dir, host));
    let cgroup = Cgroup::of_lab(&names.bridge())?.host(host.index);
    cgroup.remove()?;
    network::remove_link(&names.link(host.index))?;
    network::lay_cable(names, host.index)?;
    let log = File::options().create(true).append(true).open(&disk.console).doing("cannot open", &disk.console)?;
    let errors = log.try_clone().doing("cannot open", &disk.console)?;
    let mut command = program("sh");
    command.args(["-c", LAUNCH, "launch"]).args(cgroup.create()?).args(["--", "qemu-system-x86_64"]);
    command.args(["-name", &names.machine(host.index), "-no-user-config", "-nodefaults", "-display", "none"]);
    command.args(["-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off"]);
    command.args(["-smp", "2", "-m", "1024", "-kernel"]).arg(&files.kernel);
    command.args(["-append", KERNEL]);
    command.args(["-chardev", &format!("file,id=console,append=on,path={}", option(&disk.console))]);
    command.args(["-serial", "chardev:console"]);
    // The guest sees a disk with a cache that it must flush; a flush is an fsync of this machine.
    let drive = format!("if=none,id=disk,format=raw,cache=writeback,file={}", option(&files.disk));
    command.args(["-drive", &drive, "-device", "nvme,serial=disk,drive=disk"]);
    let cable = format!("tap,id=cable,script=no,downscript=no,ifname={}", names.link(host.index));
    let card = format!("virtio-net-pci,netdev=cable,mac={}", names.mac(host.index));
    command.args(["-netdev", &cable, "-device", &card]);
    command.current_dir("/").stdin(Stdio::null()).stdout(log).stderr(errors);
    let mut child = command.spawn().map_err(|e| Error::Command {
        doing: format!("starting host {}", host.name),
        program: "qemu-system-x86_64".to_owned(),
        status: e.to_string(),
        stderr: String::new(),
    })?;
    // Somebody must reap it if it dies while this process lives on, as in a test.
    thread::spawn(move || child.wait());
    Ok(())
}

/// A path within one of QEMU's options, in which a comma would begin the next.
fn option(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}

/// The command line that runs `argv` in the host as root. There is no other way in than the lab's network.
pub fn visit(lab_dir: &Path, names: &Names, state: &State, host: &HostState, argv: &[&str]) -> Result<Command> {
    let cgroup = Cgroup::of_lab(&names.bridge())?.host(host.index);
    let why = if cgroup.frozen() {
        Some(("paused", "resume it first"))
    } else if !cgroup.populated() {
        Some(("dead", "start it first"))
    } else if faults::isolated(host, &state.cuts) {
        Some(("cut off", "an emulated host is reached through the lab's network only: heal it first"))
    } else {
        None
    };
    if let Some((is, hint)) = why {
        return Err(Error::WrongState { lab: state.name.clone(), host: host.name.clone(), state: is, hint });
    }
    let mut command = program("sh");
    command.args(["-c", VISIT, "visit"]).arg(cgroup.visitors()?);
    let known = Files::of(lab_dir, host).known_hosts;
    command.arg("ssh").arg("-i").arg(key_file(lab_dir)).args([
        "-F",
        "none",
        "-o",
        "LogLevel=ERROR",
        "-o",
        "BatchMode=yes",
    ]);
    command.args(["-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=20", "-o", "IdentitiesOnly=yes"]);
    command.arg("-o").arg(format!("UserKnownHostsFile={}", known.display()));
    command.arg(format!("root@{}", host.address)).arg("--").arg(remote(argv));
    Ok(command)
}

/// A command line for the host's shell, in the environment that a command in a container gets.
fn remote(argv: &[&str]) -> String {
    let clean = "env -i --chdir=/ PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                 HOME=/root USER=root LOGNAME=root LANG=C.UTF-8";
    let words = argv.iter().map(|word| format!(" '{}'", word.replace('\'', r"'\''")));
    std::iter::once(clean.to_owned()).chain(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_host_as_they_are() {
        let line = remote(&["echo", "it's $HOME", "a  b", ""]);
        assert!(line.ends_with(r#" 'echo' 'it'\''s $HOME' 'a  b' ''"#), "{line}");
    }

    #[test]
    fn a_comma_in_a_path_is_no_further_option() {
        assert_eq!(option(Path::new("/a,b/disk")), "/a,,b/disk");
    }
}
