use proptest::prelude::*;

use super::kernels::Kernel;
use super::shadow::Line;
use super::*;

/// Cases a property; few where each instruction is interpreted.
fn config() -> ProptestConfig {
    let cases = if cfg!(miri) { 4 } else { 256 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What the documentation says, by comparing all.
fn brute_force(rows: &Rows, query: &Query, count: usize) -> Vec<(usize, f32)> {
    let mut all: Vec<_> = (0..rows.len()).map(|row| (row, rows.exact(row, query))).collect();
    all.retain(|(_, value)| *value > f32::NEG_INFINITY);
    all.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap());
    all.truncate(count);
    all
}

/// Numbers of very different sizes, many of them equal.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => -1.0_f32..1.0,
        1 => (-2_i8..=2).prop_map(f32::from),
        1 => (-1.0_f32..1.0, -40_i32..15).prop_map(|(x, power)| x * 10.0_f32.powi(power)),
    ]
}

/// Rows of one width, and a vector as wide.
fn rows_and_query() -> impl Strategy<Value = (Rows, Query)> {
    let (widest, most) = if cfg!(miri) { (6_usize, 70_usize) } else { (200, 400) };
    (1..widest, 0..=most).prop_flat_map(|(dimensions, count): (usize, usize)| {
        let row = prop_oneof![
            8 => prop::collection::vec(-1.0_f32..1.0, dimensions),
            1 => prop::collection::vec(number(), dimensions),
            1 => Just(vec![0.0; dimensions]),
            1 => Just(vec![0.5; dimensions]),
        ];
        (prop::collection::vec(row.clone(), count), row)
            .prop_map(move |(rows, query)| (Rows::new(rows.concat(), dimensions), Query::new(&query)))
    })
}

fn lines(count: usize) -> impl Strategy<Value = Vec<Line>> {
    let number = (-200_i16..=200).prop_map(|x| x.clamp(-127, 127) as i8);
    let line = prop::collection::vec(number, Line::LEN).prop_map(|line| Line(line.try_into().unwrap()));
    prop::collection::vec(line, count)
}

fn total(query: &[Line]) -> i32 {
    query.iter().flat_map(|line| line.0).map(i32::from).sum()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn all_kernels_give_the_same_sums(
        (rows, query) in (1..5_usize, 0..11_usize).prop_flat_map(|(width, count)| (lines(width * count), lines(width)))
    ) {
        let expected: Vec<i32> = rows
            .chunks(query.len())
            .map(|row| {
                let pairs = row.iter().flat_map(|line| line.0).zip(query.iter().flat_map(|line| line.0));
                pairs.map(|(a, b)| i32::from(a) * i32::from(b)).sum()
            })
            .collect();
        for kernel in Kernel::available() {
            let mut sums = vec![i32::MIN; expected.len()];
            kernel.sums(&rows, &query, total(&query), &mut sums);
            prop_assert_eq!(&sums, &expected, "{}", kernel.name);
        }
    }

    #[test]
    fn no_approximate_value_is_further_off_than_the_error((rows, query) in rows_and_query()) {
        let error = f64::from(rows.error(&query));
        let mut values = vec![0.0; rows.len()];
        rows.approximate(&query, 0..rows.len(), &mut values);
        for (row, value) in values.into_iter().enumerate() {
            let off = (f64::from(value) - f64::from(rows.exact(row, &query))).abs();
            prop_assert!(off <= error, "row {}: {} > {}", row, off, error);
        }
    }

    #[test]
    fn the_best_are_those_of_brute_force((rows, query) in rows_and_query(), count in 0..50_usize) {
        prop_assert_eq!(rows.best(&query, count), brute_force(&rows, &query, count));
    }

    #[test]
    fn all_kernels_add_up_the_same(
        (a, b) in (0..300_usize).prop_flat_map(|count| {
            (prop::collection::vec(number(), count), prop::collection::vec(number(), count))
        })
    ) {
        let expected = dot::in_order(&a, &b);
        for kernel in Kernel::available() {
            prop_assert_eq!(kernel.dot(&a, &b).to_bits(), expected.to_bits(), "{}", kernel.name);
        }
    }

    #[test]
    fn the_best_of_a_part_is_the_best_of_it((rows, query) in rows_and_query(), start: usize) {
        prop_assume!(rows.len() > 0);
        let range = start % rows.len()..rows.len();
        let error = rows.error(&query);
        let (row, value) = rows.best_of(&query, range.clone(), error);
        let best = range.clone().map(|row| rows.exact(row, &query)).fold(f32::NEG_INFINITY, f32::max);
        prop_assert_eq!(value, best);
        prop_assert_eq!(Some(row), range.clone().find(|row| rows.exact(*row, &query) == best));
        prop_assert!(best == f32::NEG_INFINITY || rows.greatest(&query, range) + error >= best);
    }

    #[test]
    fn a_part_has_the_values_of_the_whole((rows, query) in rows_and_query(), start: usize, length: usize) {
        let start = start % (rows.len() + 1);
        let range = start..start + length % (rows.len() - start + 1);
        let (mut whole, mut part) = (vec![0.0; rows.len()], vec![0.0; range.len()]);
        rows.approximate(&query, 0..rows.len(), &mut whole);
        rows.approximate(&query, range.clone(), &mut part);
        prop_assert_eq!(&whole[range], &part[..]);
    }

    #[test]
    fn a_dot_product_is_that_of_64_bits_but_for_rounding(
        pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 0..200)
    ) {
        let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        prop_assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-4);
    }
}

#[test]
fn the_greatest_numbers_do_not_saturate() {
    for (row, query) in [(127, 127), (-127, 127), (127, -127), (-127, -127)] {
        let (row, query) = ([Line([row; Line::LEN]); 48], [Line([query; Line::LEN]); 48]);
        let expected = i32::from(row[0].0[0]) * i32::from(query[0].0[0]) * 3_072;
        for kernel in Kernel::available() {
            let mut sums = [0];
            kernel.sums(&row, &query, total(&query), &mut sums);
            assert_eq!(sums, [expected], "{}", kernel.name);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes minutes")]
fn the_most_dimensions_fit_into_32_bits() {
    let numbers = vec![1.0; MAX_DIMENSIONS];
    let (query, rows) = (Query::new(&numbers), Rows::new(numbers, MAX_DIMENSIONS));
    assert_eq!(rows.best(&query, 1), [(0, MAX_DIMENSIONS as f32)]);
    let mut value = [0.0];
    rows.approximate(&query, 0..1, &mut value);
    assert!((value[0] - MAX_DIMENSIONS as f32).abs() <= rows.error(&query));
}

#[test]
fn equal_rows_come_in_their_order() {
    let rows = Rows::new([1.0, 0.0, 0.0, 1.0].repeat(300), 2);
    let query = Query::new(&[1.0, 0.0]);
    let best: Vec<usize> = rows.best(&query, 100).into_iter().map(|(row, _)| row).collect();
    assert_eq!(best, (0..200).step_by(2).collect::<Vec<_>>());
}

#[test]
fn what_is_close_is_told_apart() {
    // Far closer to one another than 8 bits can tell.
    let number = |row: usize| 1.0 - (row * 37 % 500) as f32 * 1e-6;
    let rows = Rows::new((0..500).flat_map(|row| [number(row), 0.3]).collect(), 2);
    let query = Query::new(&[1.0, 0.0]);
    assert_eq!(rows.best(&query, 7), brute_force(&rows, &query, 7));
    assert_eq!(rows.best(&query, 1), [(0, 1.0)]);
}

#[test]
fn no_rows_and_too_many_wanted() {
    let query = Query::new(&[1.0, 2.0, 3.0]);
    let none = Rows::new(Vec::new(), 3);
    assert_eq!(none.len(), 0);
    assert!(none.best(&query, 5).is_empty());
    none.approximate(&query, 0..0, &mut []);
    let two = Rows::new(vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0], 3);
    assert_eq!((two.len(), two.dimensions(), two.row(1)), (2, 3, &[0.0, 0.0, 1.0][..]));
    assert_eq!(two.best(&query, 5), [(1, 3.0), (0, 0.0)]);
    assert!(two.best(&query, 0).is_empty());
    assert_eq!(two.best(&Query::new(&[0.0; 3]), 5), [(0, 0.0), (1, 0.0)]);
}

#[test]
fn nothing_is_near_what_is_not_finite() {
    let mut numbers = [1.0_f32, 1.0].repeat(5);
    (numbers[2], numbers[5], numbers[7]) = (f32::NAN, f32::INFINITY, 1e19);
    let rows = Rows::new(numbers, 2);
    let query = Query::new(&[1.0, -3.0]);
    let mut values = [0.0; 5];
    rows.approximate(&query, 0..5, &mut values);
    for row in 0..5 {
        assert_eq!(values[row] == f32::NEG_INFINITY, (1..4).contains(&row), "{values:?}");
        assert_eq!(rows.exact(row, &query) == f32::NEG_INFINITY, (1..4).contains(&row));
    }
    assert!(rows.error(&query) < 0.2);
    assert_eq!(rows.best(&query, 5), [(0, -2.0), (4, -2.0)]);
    for number in [f32::NAN, f32::NEG_INFINITY, 1e19] {
        let query = Query::new(&[1.0, number]);
        assert!(rows.best(&query, 5).is_empty());
        assert_eq!(rows.exact(0, &query), f32::NEG_INFINITY);
        rows.approximate(&query, 0..5, &mut values);
        assert_eq!(values, [f32::NEG_INFINITY; 5]);
    }
}
