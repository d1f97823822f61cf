//! Keeps `generated/` in step with the contracts. Does nothing when they are unchanged, and then
//! needs neither Java nor Python.

use contract_codegen::Build;

fn main() {
    Build::server("api/openapi.yaml", "generated/server").run();
    for partner in ["inventory", "payment", "shipping"] {
        let contract = format!("api/partners/{partner}.yaml");
        Build::client(&contract, format!("generated/{partner}")).run();
    }
}
