//! Keeps the servers in step with the partners' contracts.

fn main() {
    for partner in ["inventory", "payment", "shipping"] {
        let contract = format!("../../api/partners/{partner}.yaml");
        contract_codegen::Build::server(&contract, format!("generated/{partner}")).run();
    }
}
