//! Frames. Calls push the return address; sp is a multiple of 16 at calls.
use crate::frame::FrameShape;

pub(super) static FRAME: FrameShape = FrameShape {
    align: 16,
    above_entry: 8,
    extra: 0,
    link: None,
    saved_bytes: [8, 8],
    saved_align: 8,
};
