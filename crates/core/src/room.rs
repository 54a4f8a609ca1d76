//! Room for what is long, so that it is given back at once.

/// What is shorter is left to the allocator.
const LONG: usize = 256 * 1024;
/// Above this, glibc maps memory for an allocation by itself and unmaps it when it is freed, whatever was freed before
/// (`DEFAULT_MMAP_THRESHOLD_MAX`, mallopt(3), `M_MMAP_THRESHOLD`). Below, what was freed once raises the threshold: buffers of
/// the same length then lie in a heap among small pieces, which keeps the memory of one more than there ever are at a time.
const MAPPED: usize = 33 * 1024 * 1024;

/// The capacity for a buffer of `length` bytes that is gone soon: at least as much. What is not written to takes no memory.
pub const fn room(length: usize) -> usize {
    if length < LONG || length > MAPPED { length } else { MAPPED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_has_room_of_its_own() {
        for (length, capacity) in
            [(0, 0), (LONG - 1, LONG - 1), (LONG, MAPPED), (MAPPED, MAPPED), (MAPPED + 1, MAPPED + 1)]
        {
            assert_eq!(room(length), capacity);
        }
    }
}
