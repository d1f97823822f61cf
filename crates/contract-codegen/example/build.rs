//! Keeps the server and the client in step with the contract.

fn main() {
    contract_codegen::Build::server("api/openapi.yaml", "src/server").run();
    contract_codegen::Build::client("api/openapi.yaml", "src/client").run();
}
