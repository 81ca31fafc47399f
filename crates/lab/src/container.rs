//! Starting a host, and running a command in it.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::cgroup::Cgroup;
use crate::command::program;
use crate::disk::Disk;
use crate::error::IoContext;
use crate::names::Names;
use crate::state::{HostState, State};
use crate::{Error, Result, network};

/// Joins the cgroups given first, so that nothing of the host is ever outside them; hides from the machine, in a mount
/// namespace of its own, the overlay and what systemd-nspawn would leave in /run; then runs
/// systemd-nspawn until the host is switched off.
const LAUNCH: &str = r#"
set -eu
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
shift
exec setsid unshare --mount --propagation private sh -c '
set -eu
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=0755 tmpfs /run/systemd/nspawn
mount -t overlay overlay -o "$1" "$2"
shift 2
# Image, where it is mounted, and the directory of the host in which it appears.
while [ "$1" != -- ]; do
  # A host that has just died may not have let go of it yet.
  tries=0
  until mount -o loop "$1" "$2"; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ]
    sleep 0.1
  done
  mkdir -p "$3"
  # As mkfs has left it: new.
  if [ -d "$2/lost+found" ]; then
    cp -a "$3/." "$2"
    rmdir "$2/lost+found"
  fi
  mount --bind "$2" "$3"
  shift 3
done
shift
# How systemd-nspawn asks to be started again: the host has rebooted.
code=133
while [ "$code" = 133 ]; do code=0; "$@" || code=$?; done
exit "$code"
' launch "$@"
"#;

/// Joins the cgroup given first and becomes the command after it.
const VISIT: &str = r#"echo $$ > "$1/cgroup.procs"; shift; exec "$@""#;

/// Starts a host in the background, detached from this process; it boots on its own.
pub fn start(lab_dir: &Path, names: &Names, state: &State, host: &HostState) -> Result<()> {
    let disk = Disk::of(lab_dir, host.index);
    let cgroup = Cgroup::of_lab(&names.bridge())?.host(host.index);
    // A host that died has left the cgroups of its services.
    cgroup.remove()?;
    network::remove_link(&names.link(host.index))?;
    let joined = cgroup.create()?;
    // With redirect_dir a rename of a directory works as on a plain disk.
    let overlay = format!(
        "lowerdir={},upperdir={},workdir={},redirect_dir=on,index=off",
        state.root.display(),
        disk.upper.display(),
        disk.work.display()
    );
    let log = File::options().create(true).append(true).open(&disk.console).doing("cannot open", &disk.console)?;
    let errors = log.try_clone().doing("cannot open", &disk.console)?;
    let mut command = program("sh");
    command.args(["-c", LAUNCH, "launch"]).args(joined).arg("--").arg(overlay).arg(&disk.mount);
    for (number, filesystem) in state.filesystems.iter().enumerate() {
        let (image, at) = disk.filesystem(number);
        let inside = filesystem.path.strip_prefix("/").unwrap_or(&filesystem.path);
        command.arg(image).arg(at).arg(disk.mount.join(inside));
    }
    command.arg("--");
    command.arg("systemd-nspawn").arg("--directory").arg(&disk.mount).args(["--boot", "--quiet"]);
    command.arg(format!("--machine={}", names.machine(host.index)));
    command.arg(format!("--hostname={}", host.name));
    command.arg(format!("--network-bridge={}", names.bridge()));
    command.args(["--register=no", "--keep-unit", "--link-journal=no", "--console=pipe"]);
    command.args(["--resolv-conf=off", "--timezone=off"]);
    // Debian keeps /tmp on the disk.
    command.env("SYSTEMD_NSPAWN_TMPFS_TMP", "0").env_remove("NOTIFY_SOCKET");
    command.current_dir("/").stdin(Stdio::null()).stdout(log).stderr(errors);
    let mut child = command.spawn().map_err(|e| Error::Command {
        doing: format!("starting host {}", host.name),
        program: "systemd-nspawn".to_owned(),
        status: e.to_string(),
        stderr: String::new(),
    })?;
    // Somebody must reap it if it dies while this process lives on, as in a test.
    thread::spawn(move || child.wait());
    Ok(())
}

/// The command line that runs `argv` in a host as root, with all of the host's namespaces and its cgroup for cleaning up.
pub fn visit(names: &Names, state: &State, host: &HostState, argv: &[&str]) -> Result<Command> {
    let cgroup = Cgroup::of_lab(&names.bridge())?.host(host.index);
    let wrong = |state_name, hint| Error::WrongState {
        lab: state.name.clone(),
        host: host.name.clone(),
        state: state_name,
        hint,
    };
    if cgroup.frozen() {
        return Err(wrong("paused", "resume it first"));
    }
    let leader = cgroup.leader().ok_or_else(|| wrong("dead", "start it first"))?;
    let mut command = program("sh");
    command.args(["-c", VISIT, "visit"]).arg(cgroup.visitors()?);
    command.args(["nsenter", "--target", &leader.to_string(), "--all", "--"]);
    command.args(["env", "-i", "--chdir=/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
    command.args(["HOME=/root", "USER=root", "LOGNAME=root", "LANG=C.UTF-8"]);
    if let Ok(term) = std::env::var("TERM") {
        command.arg(format!("TERM={term}"));
    }
    command.args(argv);
    Ok(command)
}
