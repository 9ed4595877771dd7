//! Memory for machine code: private mappings, writable first and executable afterwards, never both.

use std::ptr::NonNull;

use ferlance_vm::hal::ExecMemory;

/// The mappings that hold code.
pub(crate) struct Exec {
    /// Address and bytes of each.
    maps: Vec<(NonNull<u8>, usize)>,
}

impl Exec {
    /// No code yet.
    pub(crate) const fn new() -> Exec {
        Exec { maps: Vec::new() }
    }
}

impl ExecMemory for Exec {
    fn commit(
        &mut self,
        len: usize,
        write: &mut dyn FnMut(&mut [u8], usize),
    ) -> Result<NonNull<u8>, &'static str> {
        let len = len.max(1);
        self.maps
            .try_reserve(1)
            .map_err(|_| "no memory for native code")?;
        // SAFETY: a fresh private mapping touches nothing that exists.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        let at = match NonNull::new(at.cast::<u8>()) {
            Some(at) if at.as_ptr().cast() != libc::MAP_FAILED => at,
            _ => return Err("no memory for native code"),
        };
        // SAFETY: the mapping is ours, writable, zeroed, and as long.
        write(
            unsafe { std::slice::from_raw_parts_mut(at.as_ptr(), len) },
            at.as_ptr().expose_provenance(),
        );
        // SAFETY: our mapping, which nothing refers to yet.
        let sealed =
            unsafe { libc::mprotect(at.as_ptr().cast(), len, libc::PROT_READ | libc::PROT_EXEC) };
        if sealed != 0 {
            // SAFETY: as above.
            unsafe { libc::munmap(at.as_ptr().cast(), len) };
            return Err("the system refuses to make native code executable");
        }
        self.maps.push((at, len));
        Ok(at)
    }

    fn release(&mut self, at: NonNull<u8>, _: usize) {
        if let Some(i) = self.maps.iter().position(|(map, _)| *map == at) {
            let (at, len) = self.maps.swap_remove(i);
            // SAFETY: our mapping, whose code nothing refers to any more.
            unsafe { libc::munmap(at.as_ptr().cast(), len) };
        }
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        for (at, len) in self.maps.drain(..) {
            // SAFETY: our mapping; the runtime is gone.
            unsafe { libc::munmap(at.as_ptr().cast(), len) };
        }
    }
}
