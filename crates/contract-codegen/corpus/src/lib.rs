//! The modules generated from the contracts in `specs/`; the tests implement and call them.

pub mod made {
    //! A server for each contract.
    pub mod bodies;
    pub mod files;
    pub mod models_only;
    pub mod modern;
    pub mod names;
    pub mod parameters;
    pub mod responses;
    pub mod schemas;
    pub mod security;
}

pub mod clients {
    //! A client for each contract.
    pub mod bodies;
    pub mod files;
    pub mod models_only;
    pub mod modern;
    pub mod names;
    pub mod parameters;
    pub mod responses;
    pub mod schemas;
    pub mod security;
}
