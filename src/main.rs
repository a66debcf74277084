//! The `terminraum` command: wiring only.

fn main() {
    println!("terminraum {}", env!("CARGO_PKG_VERSION"));
}
