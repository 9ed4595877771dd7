//! Sorting a few things with little code.

/// Sorts `items`; equal ones may change places. Small builds insert one after the other: for short lists only.
pub fn sort_few<T: Ord>(items: &mut [T]) {
    if cfg!(feature = "small") {
        insert_each(items);
    } else {
        items.sort_unstable();
    }
}

fn insert_each<T: Ord>(items: &mut [T]) {
    for end in 1..items.len() {
        let mut at = end;
        while let Some([a, b]) = items.get_mut(at.wrapping_sub(1)..at + 1) {
            if *a <= *b {
                break;
            }
            core::mem::swap(a, b);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_sort() {
        for items in [&[][..], &[1], &[2, 1], &[3, 1, 2, 3, 0], &[1, 2, 3, 4]] {
            let mut inserted = [0; 5];
            let inserted = &mut inserted[..items.len()];
            inserted.copy_from_slice(items);
            insert_each(inserted);
            let mut sorted = [0; 5];
            let sorted = &mut sorted[..items.len()];
            sorted.copy_from_slice(items);
            sort_few(sorted);
            assert_eq!(inserted, sorted);
            assert!(sorted.is_sorted());
        }
    }
}
