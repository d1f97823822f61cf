//! Keeps `generated/` in step with the contract. Does nothing when the contract is unchanged, and
//! then needs neither Java nor Python.

fn main() {
    contract_codegen::Build::server("api/openapi.yaml", "generated").run();
}
