//! The second half of a buffer's life: lengths and places of all sites, and the finished bytes.
//!
//! The rounds are described in the header of `buffer.rs`. What is indexed here was put in by the
//! buffer itself: sites lie inside the bytes, in order, and `measure` sizes the bytes that
//! `spread` and `write_sites` then fill.

use ferlance_collections::TryVec;

use crate::buffer::{CodeBuffer, Item, MAX_BYTES, Site};
use crate::error::BufferError;
use crate::fixup::{Fixup, write_le};
use crate::label::{Label, Place};

impl<F: Fixup> CodeBuffer<F> {
    /// Lays the code out and gives up the finished bytes. Waiting literals are placed at the end.
    pub fn finish(mut self) -> Result<Code, BufferError> {
        self.place_pool()?;
        if self.worst_offset() > MAX_BYTES || self.front.len() as u32 > MAX_BYTES / 4 {
            return Err(BufferError::TooLong);
        }
        let mut growth = self.measure();
        while self.widen_sites(growth)? {
            growth = self.measure();
        }
        self.spread(growth)?;
        self.write_sites(growth)?;
        for index in 0..self.labels.len() {
            let place = self
                .final_offset(Label(index as u32), growth)
                .unwrap_or(u32::MAX);
            self.labels[index].offset = place;
        }
        Ok(Code {
            bytes: self.bytes,
            labels: self.labels,
        })
    }

    /// Gives every site its shift. Returns by how much the whole grows.
    fn measure(&mut self) -> u32 {
        let front = self.front.len() as u32;
        let mut shift = 0u32;
        for site in self.sites.iter_mut() {
            site.shift = shift;
            let len = match site.item {
                Item::Fixup { form, .. } => form.size(),
                Item::Align { log2 } => (site.at + shift).wrapping_neg() & ((1 << log2) - 1),
                Item::Front { .. } if front == 0 => 0,
                Item::Front { .. } => 4 + 4 * front,
                Item::Difference { size, .. } => u32::from(size),
            };
            shift += len - u32::from(site.room);
        }
        shift
    }

    /// Lengthens each form that does not reach. Returns whether there was one.
    fn widen_sites(&mut self, growth: u32) -> Result<bool, BufferError> {
        let mut widened = false;
        for index in 0..self.sites.len() {
            let Site {
                at, shift, item, ..
            } = self.sites[index];
            let Item::Fixup { form, label } = item else {
                continue;
            };
            let target = self
                .final_offset(label, growth)
                .ok_or(BufferError::Unbound { label, site: index })?;
            if form.fits(at + shift, target) {
                continue;
            }
            let form = form.widen().ok_or(BufferError::OutOfReach {
                label,
                site: index,
                at: at + shift,
                target,
            })?;
            self.sites[index].item = Item::Fixup { form, label };
            widened = true;
        }
        Ok(widened)
    }

    fn final_offset(&self, label: Label, growth: u32) -> Option<u32> {
        let place = self.labels.get(label.index())?;
        if !place.is_bound() {
            return None;
        }
        let shift = match self.sites.get(place.site as usize) {
            Some(site) => site.shift,
            None => growth,
        };
        Some(place.offset + shift)
    }

    /// Moves the bytes between the sites to their final places, last first.
    fn spread(&mut self, growth: u32) -> Result<(), BufferError> {
        if growth == 0 {
            return Ok(());
        }
        let mut end = self.bytes.len();
        let mut shift_behind = growth as usize;
        self.bytes.resize(end + growth as usize, 0)?;
        for site in self.sites.iter().rev() {
            let start = site.at as usize + usize::from(site.room);
            self.bytes.copy_within(start..end, start + shift_behind);
            let at = site.at as usize + site.shift as usize;
            self.bytes[at..start + shift_behind].fill(0);
            end = site.at as usize;
            shift_behind = site.shift as usize;
        }
        Ok(())
    }

    /// Writes all sites. Layout made them fit.
    fn write_sites(&mut self, growth: u32) -> Result<(), BufferError> {
        for index in 0..self.sites.len() {
            let site = self.sites[index];
            let at = site.at + site.shift;
            match site.item {
                Item::Align { .. } => {}
                Item::Fixup { form, label } => {
                    let target = self
                        .final_offset(label, growth)
                        .ok_or(BufferError::Unbound { label, site: index })?;
                    form.patch(at, target, self.bytes_at(at, form.size()));
                }
                Item::Front { jump } => {
                    let words = self.front.len() as u32;
                    if words == 0 {
                        continue;
                    }
                    jump.patch(at, 4 + 4 * words, self.bytes_at(at, jump.size()));
                    for index in 0..words {
                        let word = self.front[index as usize];
                        write_le(self.bytes_at(4 + 4 * index, 4), word);
                    }
                }
                Item::Difference { label, base, size } => {
                    let place = |label| {
                        let unbound = BufferError::Unbound { label, site: index };
                        self.final_offset(label, growth).ok_or(unbound)
                    };
                    let from = match base {
                        Some(base) => place(base)?,
                        None => 0,
                    };
                    let distance = i64::from(place(label)?) - i64::from(from);
                    let out = self.bytes_at(at, u32::from(size));
                    out.copy_from_slice(&distance.to_le_bytes()[..usize::from(size)]);
                }
            }
        }
        Ok(())
    }

    /// A site's bytes. In range: layout sized the bytes from the same lengths.
    fn bytes_at(&mut self, at: u32, len: u32) -> &mut [u8] {
        &mut self.bytes[at as usize..(at + len) as usize]
    }
}

/// Finished machine code.
#[derive(Debug)]
pub struct Code {
    /// The instructions and data.
    pub bytes: TryVec<u8>,
    labels: TryVec<Place>,
}

impl Code {
    /// Where a label of the buffer ended up, if it was bound.
    pub fn offset_of(&self, label: Label) -> Option<u32> {
        let place = self.labels.get(label.index())?;
        place.is_bound().then_some(place.offset)
    }
}
