//! TickPrice and bars through PyO3: what a native decoder in Rust could give.
//!
//! The same four functions as `tape_c.c`, in safe Rust. A prototype: it trusts its input to be
//! frames of server 200 and is not part of the package.
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyList, PyString, PyTuple, PyType};
use std::str::{from_utf8, FromStr};

/// Sizes seen, so that an amount is made into a Decimal once.
const KEPT: usize = 4096;

/// The next field of a body; empty at its end.
fn next<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let (field, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or(&[]);
    field
}

fn read<T: FromStr + Default>(field: &[u8]) -> T {
    from_utf8(field).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn text(field: &[u8]) -> PyResult<&str> {
    from_utf8(field).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn size<'py>(sizes: &'py PyDict, decimal: &'py PyAny, field: &[u8]) -> PyResult<&'py PyAny> {
    let key = PyString::new(sizes.py(), text(field)?);
    if let Some(found) = sizes.get_item(key) {
        return Ok(found);
    }
    let made = decimal.call1((key,))?;
    if sizes.len() >= KEPT {
        sizes.clear();
    }
    sizes.set_item(key, made)?;
    Ok(made)
}

fn size_tick(kind: i64) -> Option<i64> {
    match kind {
        1 => Some(0),
        2 => Some(3),
        4 => Some(5),
        66 => Some(69),
        67 => Some(70),
        68 => Some(71),
        _ => None,
    }
}

/// The bodies of TickPrice frames, behind the message id.
fn tick_bodies(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || loop {
        let head: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        let end = 4 + u32::from_be_bytes(head) as usize;
        let body = rest.get(4..end)?;
        rest = &rest[end..];
        if body.starts_with(b"1\0") {
            return Some(&body[2..]);
        }
    })
}

#[pyfunction]
fn ticks(py: Python<'_>, data: &[u8], wrapper: &PyAny, attribs: &PyTuple, decimal: &PyAny) -> PyResult<usize> {
    let price_tick = wrapper.getattr(intern!(py, "tickPrice"))?;
    let amount_tick = wrapper.getattr(intern!(py, "tickSize"))?;
    let sizes = PyDict::new(py);
    let mut count = 0;
    for mut rest in tick_bodies(data) {
        next(&mut rest);
        let request: i64 = read(next(&mut rest));
        let kind: i64 = read(next(&mut rest));
        let price: f64 = read(next(&mut rest));
        let amount = next(&mut rest);
        let mask: usize = read(next(&mut rest));
        price_tick.call1((request, kind, price, attribs.get_item(mask & 7)?))?;
        if let Some(other) = size_tick(kind) {
            amount_tick.call1((request, other, size(sizes, decimal, amount)?))?;
        }
        count += 1;
    }
    Ok(count)
}

#[pyfunction]
fn bars(py: Python<'_>, payload: &[u8], wrapper: &PyAny, made: &PyType, decimal: &PyAny) -> PyResult<usize> {
    let mut rest = payload;
    next(&mut rest);
    let request: i64 = read(next(&mut rest));
    let count: usize = read(next(&mut rest));
    let call = wrapper.getattr(intern!(py, "historicalData"))?;
    let new = made.getattr(intern!(py, "__new__"))?;
    let sizes = PyDict::new(py);
    let prices = [intern!(py, "open"), intern!(py, "high"), intern!(py, "low"), intern!(py, "close")];
    for _ in 0..count {
        let bar = new.call1((made,))?;
        bar.setattr(intern!(py, "date"), text(next(&mut rest))?)?;
        for name in prices {
            bar.setattr(name, read::<f64>(next(&mut rest)))?;
        }
        bar.setattr(intern!(py, "volume"), size(sizes, decimal, next(&mut rest))?)?;
        bar.setattr(intern!(py, "wap"), size(sizes, decimal, next(&mut rest))?)?;
        bar.setattr(intern!(py, "barCount"), read::<i64>(next(&mut rest)))?;
        call.call1((request, bar))?;
    }
    Ok(count)
}

fn columns<'py>(py: Python<'py>, found: &[Vec<f64>]) -> &'py PyTuple {
    let made = found.iter().map(|column| {
        let bytes: Vec<u8> = column.iter().flat_map(|value| value.to_ne_bytes()).collect();
        PyByteArray::new(py, &bytes)
    });
    PyTuple::new(py, made.collect::<Vec<_>>())
}

#[pyfunction]
fn tick_columns<'py>(py: Python<'py>, data: &[u8]) -> &'py PyTuple {
    let mut found: [Vec<f64>; 4] = Default::default();
    for mut rest in tick_bodies(data) {
        next(&mut rest);
        for column in &mut found {
            column.push(read(next(&mut rest)));
        }
    }
    columns(py, &found)
}

#[pyfunction]
fn bar_columns<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<(&'py PyList, &'py PyTuple)> {
    let mut rest = payload;
    next(&mut rest);
    next(&mut rest);
    let count: usize = read(next(&mut rest));
    if count > payload.len() / 8 {
        return Err(PyValueError::new_err("count"));
    }
    let dates = PyList::empty(py);
    let mut found: [Vec<f64>; 7] = Default::default();
    for _ in 0..count {
        dates.append(text(next(&mut rest))?)?;
        for column in &mut found {
            column.push(read(next(&mut rest)));
        }
    }
    Ok((dates, columns(py, &found)))
}

#[pymodule]
fn tape_rs(_py: Python<'_>, module: &PyModule) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(ticks, module)?)?;
    module.add_function(wrap_pyfunction!(bars, module)?)?;
    module.add_function(wrap_pyfunction!(tick_columns, module)?)?;
    module.add_function(wrap_pyfunction!(bar_columns, module)?)
}
