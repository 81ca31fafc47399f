//! From a wish to hosts that answer.

use crate::lab::Lab;
use crate::names::Names;
use crate::options::{Hosts, Options, check_hosts, numbered, operator_address};
use crate::site::make_dir;
use crate::state::{HostState, Kind, Power, State, lab_subnets, lock_lab};
use crate::{Error, Result, command, disk, faults, kernel, network, ready, root, vm};

impl Lab {
    /// Makes a lab and returns when sshd of every host answers. What was made until an error stays for a look at it;
    /// take it down with [`Lab::down`] or by name.
    pub fn up(options: Options) -> Result<Self> {
        options.check()?;
        if !nix::unistd::geteuid().is_root() {
            return Err(Error::NotRoot);
        }
        command::check_tools(!options.vms.is_empty())?;
        let root = root::ensure(&options.site)?;
        let kernel = if options.vms.is_empty() { None } else { Some(kernel::ensure(&options.site, &root)?) };
        network::raise_limits();
        let (lab, held) = Self::reserve(&options, root)?;
        let logins = disk::Logins::create(&lab.dir, &lab.state.root, &options.authorized)?;
        for host in &lab.state.hosts {
            disk::prepare(&lab.dir, &lab.state, host, &logins)?;
            if let (Kind::Vm, Some(kernel)) = (host.kind, &kernel) {
                vm::prepare(&lab.dir, &lab.state, host, kernel)?;
            }
            lab.switch_on(host)?;
        }
        ready::wait(&lab, &lab.state.hosts, options.deadline)?;
        drop(held);
        Ok(lab)
    }

    /// Takes the name, the subnet and the bridge, so that nobody else does: state first, then the bridge.
    fn reserve(options: &Options, root: std::path::PathBuf) -> Result<(Self, std::fs::File)> {
        let site = &options.site;
        let _choosing = site.lock()?;
        let dir = site.lab_dir(&options.name);
        if dir.exists() {
            return Err(Error::Exists(options.name.clone()));
        }
        let mut used = network::used_subnets();
        used.extend(lab_subnets(site));
        let (subnet, hosts, reserved) = match &options.hosts {
            Hosts::Count(count, asked) => {
                let subnet = network::choose(*asked, &used)?;
                (subnet, numbered(*count, subnet)?, Vec::new())
            }
            Hosts::Listed { subnet, hosts, reserved } => {
                (network::choose(Some(*subnet), &used)?, hosts.clone(), reserved.clone())
            }
        };
        check_hosts(subnet, &hosts)?;
        if let Some(unknown) = options.vms.iter().find(|vm| hosts.iter().all(|h| h.name != **vm)) {
            let known = hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Error::NoSuchHost { lab: options.name.clone(), host: unknown.clone(), known });
        }
        let operator = operator_address(subnet, &hosts, &reserved)?;
        let hosts = hosts.into_iter().zip(1..).map(|(h, index)| HostState {
            kind: if options.vms.contains(&h.name) { Kind::Vm } else { Kind::Container },
            name: h.name,
            address: h.address,
            index,
            power: Power::On,
        });
        let state = State {
            name: options.name.clone(),
            subnet,
            operator,
            root,
            hosts: hosts.collect(),
            cuts: Vec::new(),
            filesystems: options.filesystems.clone(),
        };
        let names = Names::new(&site.state, &options.name);
        make_dir(&dir, 0o700)?;
        let held = lock_lab(site, &options.name)?;
        state.save(site)?;
        // A crash may have left things of an earlier lab of this name whose directory somebody removed by hand.
        network::remove(&names)?;
        faults::remove(&names)?;
        network::create_bridge(&names, subnet, operator, &dir)?;
        Ok((Self { site: site.clone(), dir, names, state }, held))
    }
}
