//! Principal components: the few directions that hold most of the vectors' variance.
//!
//! By the eigenvectors of the covariance, found with Jacobi's cyclic rotations (Golub and Van
//! Loan, Matrix Computations, 8.5): plain, accurate, and the same steps every time.

use crate::Outcome;

/// Sweeps over all pairs before giving up; ten do for any matrix that is met.
const MOST_SWEEPS: usize = 60;

/// Takes the mean away from the rows of `width` values each and turns them to their first
/// `components` principal components, most variance first. A component's largest entry is
/// positive, which settles its sign.
pub(super) fn project(rows: &[f64], width: usize, components: usize) -> Outcome<Vec<f64>> {
    let centred = centre(rows, width);
    let (values, vectors) = eigen(covariance(&centred, width), width)?;
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order.truncate(components);

    // Rows of `basis` are the input's coordinates, so that the inner loop below is contiguous.
    let mut basis = vec![0.0; width * order.len()];
    for (column, &vector) in order.iter().enumerate() {
        let entries = || (0..width).map(|i| vectors[i * width + vector]);
        let largest = entries().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        for (i, entry) in entries().enumerate() {
            basis[i * order.len() + column] = entry * largest.signum();
        }
    }
    let mut projected = Vec::with_capacity(rows.len() / width * order.len());
    for row in centred.chunks_exact(width) {
        let start = projected.len();
        projected.resize(start + order.len(), 0.0);
        for (value, basis) in row.iter().zip(basis.chunks_exact(order.len())) {
            add(&mut projected[start..], basis, *value);
        }
    }
    Ok(projected)
}

fn centre(rows: &[f64], width: usize) -> Vec<f64> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        add(&mut mean, row, 1.0);
    }
    let count = (rows.len() / width) as f64;
    mean.iter_mut().for_each(|sum| *sum /= count);
    let mut centred = rows.to_vec();
    for row in centred.chunks_exact_mut(width) {
        add(row, &mean, -1.0);
    }
    centred
}

fn covariance(centred: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width * width];
    for row in centred.chunks_exact(width) {
        for (value, sums) in row.iter().zip(sums.chunks_exact_mut(width)) {
            add(sums, row, *value);
        }
    }
    let count = (centred.len() / width) as f64;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}

/// `sum += row × factor`
fn add(sum: &mut [f64], row: &[f64], factor: f64) {
    for (sum, value) in sum.iter_mut().zip(row) {
        *sum += value * factor;
    }
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns.
fn eigen(mut matrix: Vec<f64>, n: usize) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let squares = |matrix: &[f64], off: bool| -> f64 {
        let entries = matrix.iter().enumerate();
        entries
            .filter(|(at, _)| !off || at / n != at % n)
            .map(|(_, x)| x * x)
            .sum()
    };
    let enough = squares(&matrix, false) * 1e-30;
    for _ in 0..MOST_SWEEPS {
        if squares(&matrix, true) <= enough {
            let values = (0..n).map(|i| matrix[i * n + i]).collect();
            return Ok((values, vectors));
        }
        for p in 0..n {
            for q in p + 1..n {
                if matrix[p * n + q] != 0.0 {
                    rotate(&mut matrix, &mut vectors, n, p, q);
                }
            }
        }
    }
    Err(format!("the eigenvectors did not settle in {MOST_SWEEPS} sweeps").into())
}

/// The rotation of the plane (p, q) that makes the entry there zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let slope = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * matrix[p * n + q]);
    let tangent = slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turn = |a: &mut f64, b: &mut f64| {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    };
    for columns in [&mut *matrix, vectors] {
        for row in columns.chunks_exact_mut(n) {
            let (left, right) = row.split_at_mut(q);
            turn(&mut left[p], &mut right[0]);
        }
    }
    let (upper, lower) = matrix.split_at_mut(q * n);
    for (a, b) in upper[p * n..(p + 1) * n].iter_mut().zip(&mut lower[..n]) {
        turn(a, b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, the same every time (Knuth's linear congruence).
    fn noise(count: usize) -> Vec<f64> {
        let mut state = 7_u64;
        let next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let n = 24;
        let rows = noise(100 * n);
        let matrix = covariance(&centre(&rows, n), n);
        let (values, vectors) = eigen(matrix.clone(), n).unwrap();
        for i in 0..n {
            for j in 0..n {
                let rebuilt: f64 = (0..n)
                    .map(|k| vectors[i * n + k] * values[k] * vectors[j * n + k])
                    .sum();
                assert!((rebuilt - matrix[i * n + j]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_first_component_has_the_most_variance() {
        // Points along (3, 4), a tenth as wide across, around (10, -10).
        let rows: Vec<f64> = noise(2000)
            .chunks_exact(2)
            .flat_map(|x| {
                let (along, across) = (x[0], x[1] / 10.0);
                [
                    10.0 + 3.0 * along - 4.0 * across,
                    -10.0 + 4.0 * along + 3.0 * across,
                ]
            })
            .collect();
        let projected = project(&rows, 2, 1).unwrap();
        assert_eq!(projected.len(), 1000);
        let along: Vec<f64> = noise(2000).chunks_exact(2).map(|x| 5.0 * x[0]).collect();
        let mean = along.iter().sum::<f64>() / 1000.0;
        for (found, along) in projected.iter().zip(&along) {
            assert!((found - (along - mean)).abs() < 0.05, "{found} for {along}");
        }
    }

    #[test]
    fn all_components_keep_distances() {
        let rows = noise(50 * 6);
        let projected = project(&rows, 6, 6).unwrap();
        let distance =
            |rows: &[f64]| -> f64 { (0..6).map(|i| (rows[i] - rows[60 + i]).powi(2)).sum() };
        assert!((distance(&rows) - distance(&projected)).abs() < 1e-12);
    }
}
