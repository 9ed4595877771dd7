//! Functions that become machine code while the front end goes on.
//!
//! Most of the time of a compilation to machine code is spent on functions that know all of their module that they have
//! to know. What they are is a [`Job`], which a host gives to threads. Without [`Workers`] each is done at once, so that
//! a board holds one only.

use core::fmt;

use ferlance_bytecode::module::RawCode;
use ferlance_frontend::hir::ScopeId;
use ferlance_native_emitter::emit::EmitError;
use ferlance_native_emitter::nir::Func;
use ferlance_native_emitter::{Machine, Target};

use crate::function_data::FunctionData;
use crate::native::machine;

/// Whoever does jobs.
pub trait Workers: fmt::Debug {
    /// Takes a job, and waits if there are too many already.
    fn give(&self, job: Job);

    /// A job that is done, if any was given; waits for it.
    fn take(&self) -> Option<Job>;
}

/// A function that is to become machine code.
#[derive(Debug)]
pub struct Job {
    scope: ScopeId,
    func: Func,
    target: Target,
    data: FunctionData,
    made: Option<Result<Machine, EmitError>>,
}

impl Job {
    pub(crate) fn new(scope: ScopeId, func: Func, target: Target, data: FunctionData) -> Job {
        Job {
            scope,
            func,
            target,
            data,
            made: None,
        }
    }

    /// Does it.
    pub fn work(&mut self) {
        self.made = Some(machine(&mut self.func, &self.target));
    }

    /// Whose function it is.
    pub(crate) fn scope(&self) -> ScopeId {
        self.scope
    }

    /// What became of it. A job that was not done is done here.
    pub(crate) fn finish(mut self) -> Result<RawCode<'static>, EmitError> {
        let machine = match self.made {
            Some(made) => made?,
            None => machine(&mut self.func, &self.target)?,
        };
        Ok(self.data.around(&machine, &self.target)?)
    }
}
