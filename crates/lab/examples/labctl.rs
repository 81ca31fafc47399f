//! The lab without the rest of the program: `labctl up 3`, `labctl exec node1 -- id`, `labctl down`.
//! `QUORATE_LAB_NAME` chooses the lab; the name is `default` otherwise.

use std::process::ExitCode;

use lab::{Cut, Error, Lab, Options, Site};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<u8, Error> {
    let name = std::env::var("QUORATE_LAB_NAME").unwrap_or_else(|_| "default".to_owned());
    let site = Site::from_env();
    let open = || Lab::open(&site, &name);
    let group = |side: &str| side.split(',').map(str::to_owned).collect();
    match args {
        ["up", count] => {
            let lab = Lab::up(Options::new(&name, count.parse().unwrap_or(0)))?;
            for host in lab.hosts() {
                println!("{}\t{}", host.name, host.address);
            }
            println!("key {}\npassword of ops {}", lab.key_file().display(), lab.password_file().display());
        }
        ["exec", host, "--", argv @ ..] => return open()?.exec_attached(host, argv).map(|c| c as u8),
        ["kill", host] => open()?.kill(host)?,
        ["start", hosts @ ..] => open()?.start_all(hosts)?,
        ["pause", host] => open()?.pause(host)?,
        ["resume", host] => open()?.resume(host)?,
        ["cut", host] => open()?.cut(Cut::Host((*host).to_owned()))?,
        ["cut", a, b] => open()?.cut(Cut::Between(group(a), group(b)))?,
        ["heal"] => open()?.heal()?,
        ["status"] => {
            for host in open()?.status()? {
                println!(
                    "{}\t{}\t{}\t{:?}\t{:?}",
                    host.name,
                    host.address,
                    host.health.as_str(),
                    host.pid,
                    host.cut_from
                );
            }
        }
        ["down"] => _ = lab::down(&site, &name)?,
        ["down", "--all"] => println!("{:?}", lab::down_all(&site)?),
        _ => {
            eprintln!(
                "usage: labctl up N | exec HOST -- COMMAND… | kill HOST | start HOST… | pause HOST | resume HOST \
                 | cut HOST | cut A,B C | heal | status | down [--all]"
            );
            return Ok(2);
        }
    }
    Ok(0)
}
