//! The inverse of a symmetric matrix.

use ndarray::Array2;

/// The inverse of a symmetric, positive definite matrix, by Cholesky's decomposition; `None` if it is not that.
pub(super) fn inverse(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let size = matrix.nrows();
    let mut lower = Array2::<f64>::zeros((size, size));
    for row in 0..size {
        for column in 0..=row {
            let known = lower.row(row).iter().zip(lower.row(column)).take(column).map(|(a, b)| a * b).sum::<f64>();
            let rest = matrix[(row, column)] - known;
            if row == column {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                lower[(row, row)] = rest.sqrt();
            } else {
                lower[(row, column)] = rest / lower[(column, column)];
            }
        }
    }
    // The inverse of the triangle, column by column, and with it that of the matrix: L⁻ᵀ·L⁻¹.
    let mut inverted = Array2::<f64>::zeros((size, size));
    for column in 0..size {
        for row in column..size {
            let unit = if row == column { 1.0 } else { 0.0 };
            let known = (column..row).map(|at| lower[(row, at)] * inverted[(at, column)]).sum::<f64>();
            inverted[(row, column)] = (unit - known) / lower[(row, row)];
        }
    }
    Some(inverted.t().dot(&inverted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let some = Array2::from_shape_fn((9, 9), |(row, column)| ((row * 7 + column * 3) % 11) as f64 - 5.0);
        let matrix = some.t().dot(&some) + Array2::<f64>::eye(9);
        let product = matrix.dot(&inverse(&matrix).unwrap());
        let off = (product - Array2::<f64>::eye(9)).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        assert!(off < 1e-9, "{off}");
        assert_eq!(inverse(&(matrix * -1.0)), None);
    }
}
