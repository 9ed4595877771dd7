//! `time`: clocks, sleeping, the calendar.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::list::List;
use crate::obj::module::ModuleDef;
use crate::obj::tuple::Tuple;
use crate::obj::word::{Obj, SMALL_MAX};
use crate::obj::{float, int, tuple};
use crate::runtime::{R, Runtime};

/// Ticks wrap at this power of two.
const PERIOD: u64 = SMALL_MAX as u64 + 1;

static TIME: BuiltinFun = BuiltinFun::f0(qstr!("time"), |rt| {
    let ns = rt.hal.clock().epoch_ns();
    float::new(rt, ns as f64 / 1e9)
});
static TIME_NS: BuiltinFun = BuiltinFun::f0(qstr!("time_ns"), |rt| {
    let ns = rt.hal.clock().epoch_ns();
    int::from_u64(rt, ns)
});
static CLOCK: BuiltinFun = BuiltinFun::f0(qstr!("clock"), |rt| {
    let us = rt.hal.clock().cpu_us();
    float::new(rt, us as f64 / 1e6)
});
static TICKS_MS: BuiltinFun = BuiltinFun::f0(qstr!("ticks_ms"), |rt| {
    let us = rt.hal.clock().ticks_us();
    Ok(wrapped(us / 1000))
});
static TICKS_US: BuiltinFun = BuiltinFun::f0(qstr!("ticks_us"), |rt| {
    let us = rt.hal.clock().ticks_us();
    Ok(wrapped(us))
});
static TICKS_CPU: BuiltinFun = BuiltinFun::f0(qstr!("ticks_cpu"), |rt| {
    let ticks = rt.hal.clock().ticks_cpu();
    Ok(wrapped(ticks))
});
static TICKS_DIFF: BuiltinFun = BuiltinFun::f2(qstr!("ticks_diff"), ticks_diff);
static TICKS_ADD: BuiltinFun = BuiltinFun::f2(qstr!("ticks_add"), ticks_add);
static SLEEP: BuiltinFun = BuiltinFun::f1(qstr!("sleep"), |rt, s| {
    let s = rt.float(s)?;
    if s < 0.0 || s.is_nan() {
        return Err(rt.value_error("sleep length must be non-negative"));
    }
    sleep(rt, (s * 1e6) as u64)
});
static SLEEP_MS: BuiltinFun = BuiltinFun::f1(qstr!("sleep_ms"), |rt, ms| {
    let ms = rt.int(ms)?.max(0) as u64;
    sleep(rt, ms.saturating_mul(1000))
});
static SLEEP_US: BuiltinFun = BuiltinFun::f1(qstr!("sleep_us"), |rt, us| {
    let us = rt.int(us)?.max(0) as u64;
    sleep(rt, us)
});
static GMTIME: BuiltinFun =
    BuiltinFun::var(qstr!("gmtime"), 0, 1, |rt, args| calendar(rt, args, false));
static LOCALTIME: BuiltinFun = BuiltinFun::var(qstr!("localtime"), 0, 1, |rt, args| {
    calendar(rt, args, true)
});
static MKTIME: BuiltinFun = BuiltinFun::f1(qstr!("mktime"), mktime);

/// `time`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("time"),
    members: members! {
        "clock" => Fun(&CLOCK),
        "gmtime" => Fun(&GMTIME),
        "localtime" => Fun(&LOCALTIME),
        "mktime" => Fun(&MKTIME),
        "sleep" => Fun(&SLEEP),
        "sleep_ms" => Fun(&SLEEP_MS),
        "sleep_us" => Fun(&SLEEP_US),
        "ticks_add" => Fun(&TICKS_ADD),
        "ticks_cpu" => Fun(&TICKS_CPU),
        "ticks_diff" => Fun(&TICKS_DIFF),
        "ticks_ms" => Fun(&TICKS_MS),
        "ticks_us" => Fun(&TICKS_US),
        "time" => Fun(&TIME),
        "time_ns" => Fun(&TIME_NS),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

fn wrapped(ticks: u64) -> Obj {
    Obj::int((ticks & (PERIOD - 1)) as isize)
}

/// A count of ticks. Stock takes the word of any object for one; here what is no small int counts as zero.
fn tick_count(obj: Obj) -> u64 {
    obj.as_small().unwrap_or(0) as u64
}

fn ticks_diff(_rt: &mut Runtime, a: Obj, b: Obj) -> R<Obj> {
    let (a, b) = (tick_count(a), tick_count(b));
    let half = PERIOD / 2;
    let distance = a.wrapping_sub(b).wrapping_add(half) & (PERIOD - 1);
    Ok(Obj::int(distance as isize - half as isize))
}

fn ticks_add(rt: &mut Runtime, ticks: Obj, delta: Obj) -> R<Obj> {
    let (ticks, delta) = (tick_count(ticks), rt.int(delta)? as i64);
    if delta.unsigned_abs() >= PERIOD / 2 {
        return Err(rt.raise_msg(&exc::OVERFLOW_ERROR, "ticks interval overflow"));
    }
    Ok(wrapped(ticks.wrapping_add(delta as u64)))
}

/// Sleeps in slices, so that callbacks and the keyboard interrupt get their turn.
fn sleep(rt: &mut Runtime, us: u64) -> R<Obj> {
    let start = rt.hal.clock().ticks_us();
    loop {
        if rt.pending.any() {
            crate::interp::run_pending(rt)?;
        }
        let gone = rt.hal.clock().ticks_us().saturating_sub(start);
        if gone >= us {
            return Ok(Obj::NONE);
        }
        rt.hal.clock().sleep_us(us - gone);
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days from 1970 on either side that a year can be told of.
const FARTHEST: i64 = (isize::MAX / 2) as i64;
/// Years on either side of 0 whose days can be counted.
const FARTHEST_YEAR: isize = isize::MAX / 400;

/// Days from 1970-01-01 to the first day of a month (1 to 12) of a year.
fn days_before(year: isize, month: isize) -> isize {
    // Years begin in March here, so that the leap day comes last.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day counted from 1970-01-01.
fn date_of(days: isize) -> (isize, isize, isize) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year + era * 400 + isize::from(month <= 2), month, day)
}

fn calendar(rt: &mut Runtime, args: Args<'_>, local: bool) -> R<Obj> {
    let seconds = match args.get(0) {
        Some(at) if !at.is_none() => match at.as_float() {
            Some(at) => libm::floor(at) as i64,
            None if int::is_int(at) => rt.int(at)? as i64,
            None => libm::floor(rt.float(at)?) as i64,
        },
        _ => (rt.hal.clock().epoch_ns() / 1_000_000_000) as i64,
    };
    let offset = if local {
        i64::from(rt.hal.clock().utc_offset(seconds))
    } else {
        0
    };
    let seconds = seconds.saturating_add(offset);
    let rest = seconds.rem_euclid(DAY) as isize;
    // A word of days is enough where no int of Python fits a larger word of seconds.
    let days = seconds.div_euclid(DAY);
    let days = days.clamp(-FARTHEST, FARTHEST) as isize;
    let (year, month, day) = date_of(days);
    let yearday = days - days_before(year, 1) + 1;
    let fields = [
        year,
        month,
        day,
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
        (days + 3).rem_euclid(7),
        yearday,
        0,
    ];
    let fields = fields.map(Obj::int);
    Ok(tuple::from_slice(rt, &fields)?.obj())
}

fn mktime(rt: &mut Runtime, fields: Obj) -> R<Obj> {
    let mut items = [0isize; 6];
    if !(fields.is::<Tuple>() || fields.is::<List>()) {
        return Err(rt.type_error_of("object '{}' isn't a tuple or list", fields));
    }
    let n = rt.len_maybe(fields)?.unwrap_or(0);
    if !(8..=9).contains(&n) {
        return Err(rt.type_error("mktime needs a tuple of length 8 or 9"));
    }
    for (i, item) in items.iter_mut().enumerate() {
        let value = rt.get_item(fields, Obj::int(i as isize))?;
        *item = rt.int(value)?;
    }
    let [year, month, day, hour, minute, second] = items;
    // Fields out of range carry over.
    let months = year
        .saturating_mul(12)
        .saturating_add(month)
        .saturating_sub(1);
    let year = months.div_euclid(12).clamp(-FARTHEST_YEAR, FARTHEST_YEAR);
    let days = days_before(year, months.rem_euclid(12) + 1)
        .saturating_add(day)
        .saturating_sub(1);
    let of_day = hour
        .saturating_mul(3600)
        .saturating_add(minute.saturating_mul(60))
        .saturating_add(second);
    let local = (days as i64)
        .saturating_mul(DAY)
        .saturating_add(of_day as i64);
    let offset = i64::from(rt.hal.clock().utc_offset(local));
    int::from_i64(rt, local.saturating_sub(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for (date, days) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2026, 12, 31), 20_818),
            ((1969, 12, 31), -1),
        ] {
            assert_eq!(date_of(days), date);
            assert_eq!(days_before(date.0, date.1) + date.2 - 1, days);
        }
    }
}
