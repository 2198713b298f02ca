//! Rows of floats to rows of signed bytes with one scale each.

/// The largest byte used: symmetric, so that −128 never occurs.
const LIMIT: f64 = 127.0;

/// Bytes, end to end as the rows were, and each row's scale: float ≈ byte × scale.
pub(super) fn quantise(rows: &[f64], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut bytes = Vec::with_capacity(rows.len());
    let mut scales = Vec::with_capacity(rows.len() / width);
    for row in rows.chunks_exact(width) {
        let largest = row.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        let scale = (largest / LIMIT) as f32;
        scales.push(scale);
        bytes.extend(row.iter().map(|value| {
            if scale == 0.0 {
                0
            } else {
                (value / f64::from(scale)).round().clamp(-LIMIT, LIMIT) as i8
            }
        }));
    }
    (bytes, scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_own_scale_and_half_a_step_of_error() {
        let rows = [100.0, -50.0, 0.4, 0.01, 0.02, -0.03, 0.0, 0.0, 0.0];
        let (bytes, scales) = quantise(&rows, 3);
        assert_eq!(bytes[0], 127);
        assert_eq!(bytes[5], -127);
        assert_eq!((&bytes[6..], scales[2]), (&[0, 0, 0][..], 0.0));
        for (at, value) in rows.iter().enumerate() {
            let scale = f64::from(scales[at / 3]);
            assert!((f64::from(bytes[at]) * scale - value).abs() <= scale * 0.5001);
        }
    }
}
