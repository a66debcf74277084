//! The figures as a picture: processor time of one request by the size of the calendar, one
//! panel a workload, one line a server. Both axes are logarithmic.

use crate::report::Report;
use crate::site::Kind;
use crate::targets::figure;
use std::fmt::Write;

/// Workloads of the picture, with short titles.
const PANELS: [(&str, &str); 12] = [
    ("get", "get"),
    ("poll", "sync poll"),
    ("change", "sync after one change"),
    ("freebusy", "free/busy of a day"),
    ("week", "one-week query"),
    ("expand", "one-week query, expanded"),
    ("multiget", "multiget of 50"),
    ("propfind", "PROPFIND of all"),
    ("sync", "sync of all"),
    ("put1", "put new"),
    ("over", "put over existing"),
    ("invite", "inviting a room"),
];

/// Servers, each with a colour that all eyes tell apart (Okabe and Ito) and a mark of its own.
const SERVERS: [(Kind, &str); 4] = [
    (Kind::Terminraum, "#0072b2"),
    (Kind::Radicale, "#d55e00"),
    (Kind::Xandikos, "#009e73"),
    (Kind::Hello, "#555555"),
];

const COLUMNS: usize = 4;
const WIDTH: f64 = 1_120.0;
const PANEL_WIDTH: f64 = WIDTH / COLUMNS as f64;
const PANEL_HEIGHT: f64 = 240.0;
const TOP: f64 = 84.0;
/// Space around what is drawn within a panel: left, right, top, bottom.
const INNER: [f64; 4] = [58.0, 18.0, 34.0, 34.0];
/// Powers of ten of the axes: 0.01 ms to 100 s, 500 to 200,000 events.
const MS: (f64, f64) = (-2.3, 5.0);
const EVENTS: (f64, f64) = (2.75, 5.25);

/// Where something stands within the picture.
struct Panel {
    left: f64,
    top: f64,
}

impl Panel {
    fn x(&self, events: f64) -> f64 {
        let part = (events.log10() - EVENTS.0) / (EVENTS.1 - EVENTS.0);
        self.left + INNER[0] + part * (PANEL_WIDTH - INNER[0] - INNER[1])
    }

    fn y(&self, ms: f64) -> f64 {
        let part = (ms.log10().clamp(MS.0, MS.1) - MS.0) / (MS.1 - MS.0);
        self.top + PANEL_HEIGHT - INNER[3] - part * (PANEL_HEIGHT - INNER[2] - INNER[3])
    }
}

/// The picture as SVG, on white so that it can be read on any page.
pub fn cpu(report: &Report) -> String {
    let rows = PANELS.len().div_ceil(COLUMNS);
    let height = TOP + rows as f64 * PANEL_HEIGHT + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"Helvetica, Arial, sans-serif\" \
         font-size=\"13\" role=\"img\" aria-label=\"Processor time of one request\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(
        &mut svg,
        20.0,
        32.0,
        "start",
        "bold 20",
        "Processor time of one request, by events in the calendar",
    );
    legend(&mut svg, report);
    for (place, (key, title)) in PANELS.iter().enumerate() {
        let panel = Panel {
            left: (place % COLUMNS) as f64 * PANEL_WIDTH,
            top: TOP + (place / COLUMNS) as f64 * PANEL_HEIGHT,
        };
        axes(&mut svg, &panel, title);
        for server in SERVERS {
            line(&mut svg, &panel, report, key, server);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, font: &str, what: &str) {
    let (weight, size) = font.split_once(' ').unwrap_or(("normal", font));
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-weight=\"{weight}\" \
         font-size=\"{size}\" fill=\"#222222\">{what}</text>"
    );
}

fn legend(svg: &mut String, report: &Report) {
    let mut x = 28.0;
    for (kind, colour) in SERVERS {
        if !report.lines.iter().any(|line| line.kind == kind) {
            continue;
        }
        let _ = writeln!(svg, "<path d=\"M{x} 58h34\" stroke=\"{colour}\" stroke-width=\"3\"/>");
        mark(svg, kind, x + 17.0, 58.0, colour);
        text(svg, x + 42.0, 63.0, "start", "14", kind.name());
        x += 170.0;
    }
}

fn axes(svg: &mut String, panel: &Panel, title: &str) {
    let (left, right) = (panel.left + INNER[0], panel.left + PANEL_WIDTH - INNER[1]);
    let (top, bottom) = (panel.top + INNER[2], panel.top + PANEL_HEIGHT - INNER[3]);
    text(svg, left, panel.top + 24.0, "start", "bold 14", title);
    for (ms, name) in [
        (0.01, "0.01 ms"),
        (0.1, "0.1 ms"),
        (1.0, "1 ms"),
        (10.0, "10 ms"),
        (100.0, "0.1 s"),
        (1_000.0, "1 s"),
        (10_000.0, "10 s"),
    ] {
        let y = panel.y(ms);
        let _ = writeln!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#dddddd\"/>");
        text(svg, left - 6.0, y + 4.0, "end", "11", name);
    }
    for (events, name) in [(1_000.0, "1,000"), (10_000.0, "10,000"), (100_000.0, "100,000")] {
        let x = panel.x(events);
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#eeeeee\"/>");
        text(svg, x, bottom + 18.0, "middle", "11", name);
    }
    let _ = writeln!(
        svg,
        "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#888888\"/>"
    );
}

/// The line of one server, ours with its figures.
fn line(svg: &mut String, panel: &Panel, report: &Report, key: &str, (kind, colour): (Kind, &str)) {
    let points: Vec<(f64, f64, f64)> = report
        .sizes()
        .into_iter()
        .filter_map(|events| {
            let ms = report.samples(events, key, kind)?.cpu_ms();
            Some((panel.x(events as f64), panel.y(ms), ms))
        })
        .collect();
    let path: Vec<String> = points.iter().map(|(x, y, _)| format!("{x:.1} {y:.1}")).collect();
    if path.is_empty() {
        return;
    }
    let _ = writeln!(
        svg,
        "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
        path.join("L")
    );
    for (x, y, ms) in &points {
        mark(svg, kind, *x, *y, colour);
        // The peers' figures would lie upon each other.
        if kind == Kind::Terminraum {
            text(svg, *x, y + 16.0, "middle", "10", &figure(*ms));
        }
    }
}

/// A circle, a square or a triangle, so that lines can be told apart without colours.
fn mark(svg: &mut String, kind: Kind, x: f64, y: f64, colour: &str) {
    let (left, top) = (x - 4.0, y - 4.0);
    let shape = match kind {
        Kind::Terminraum => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\""),
        Kind::Radicale => format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"8\" height=\"8\""),
        Kind::Xandikos => format!("<path d=\"M{x:.1} {top:.1}l5 9h-10z\""),
        Kind::Hello => format!("<path d=\"M{x:.1} {top:.1}l4 4l-4 4l-4-4z\""),
    };
    let _ = writeln!(svg, "{shape} fill=\"{colour}\"/>");
}
