//! Keeps `generated/` in step with the contracts. Does nothing when they are unchanged, and then
//! needs neither Java nor Python.

use contract_codegen::Build;

fn main() {
    Build::server("api/openapi.yaml", "generated/server").run();
    for partner in ["inventory", "payment", "shipping"] {
        let contract = format!("api/partners/{partner}.yaml");
        Build::client(&contract, format!("generated/{partner}")).run();
    }
    // The console's files are embedded; of new ones, the compiler would not know.
    println!("cargo::rerun-if-changed=generated/console");
}
