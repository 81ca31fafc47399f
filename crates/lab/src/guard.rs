//! A lab that goes when a test ends, however it ends.

use std::ops::{Deref, DerefMut};

use crate::{Lab, Options, Result, down};

/// Takes its lab down when dropped, unless the environment variable `QUORATE_LAB_KEEP` is set: then a failed test's
/// hosts can be looked at.
#[derive(Debug)]
pub struct LabGuard {
    lab: Lab,
}

impl LabGuard {
    /// Makes a lab for as long as the guard lives. A lab of this name that an earlier run left is taken down first; one
    /// that cannot be made is taken down too.
    pub fn up(options: Options) -> Result<Self> {
        if options.site.lab_dir(&options.name).exists() {
            down::down(&options.site, &options.name)?;
        }
        let (site, name) = (options.site.clone(), options.name.clone());
        match Lab::up(options) {
            Ok(lab) => Ok(Self { lab }),
            Err(error) => {
                if !keep() && site.lab_dir(&name).exists() {
                    down::down(&site, &name)?;
                }
                Err(error)
            }
        }
    }
}

fn keep() -> bool {
    std::env::var_os("QUORATE_LAB_KEEP").is_some()
}

impl Deref for LabGuard {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

impl DerefMut for LabGuard {
    fn deref_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }
}

impl Drop for LabGuard {
    fn drop(&mut self) {
        if !keep()
            && let Err(error) = down::down(&self.lab.site, &self.lab.state.name)
        {
            tracing::error!(%error, "the lab of a test could not be taken down");
        }
    }
}
