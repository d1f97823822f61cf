//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// A postal address
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Address {
    /// Who receives the parcel
    pub name: ::std::string::String,
    /// Street and number
    pub street: ::std::string::String,
    /// Postal code
    pub postal_code: ::std::string::String,
    /// City
    pub city: ::std::string::String,
    /// ISO 3166-1 alpha-2
    pub country: ::std::string::String,
}

runtime::json_by_serde!(Address);

impl Address {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.name.chars().count())
            && (1..=200).contains(&self.street.chars().count())
            && (1..=20).contains(&self.postal_code.chars().count())
            && (1..=100).contains(&self.city.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[A-Z]{2}$");
                PATTERN.matches(&self.country)
            }
    }
}

/// An API key, without the key itself
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ApiKeyInfo {
    /// The id of the key
    pub id: i64,
    /// Its purpose
    pub name: ::std::string::String,
    /// Its first characters
    pub hint: ::std::string::String,
    /// What it may do
    pub scopes: ::std::vec::Vec<Scope>,
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// The id of the first key of the same client
    pub client_id: i64,
    /// When it was created
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When it expires
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub expires_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// When it was revoked
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub revoked_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// When it was last used, to the minute
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub last_used_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
}

runtime::json_by_serde!(ApiKeyInfo);

impl ApiKeyInfo {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && self
                .customer_id
                .as_ref()
                .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
            && self.client_id >= 1
    }
}

/// A step that has failed for a long time; it is retried until it succeeds
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Attention {
    /// A step of an order with items
    pub step: OrderStep,
    /// `unavailable` (no response, or a server error), `rate_limited`, `unauthorized`, `rejected` (the partner
    /// does not accept the request), `unexpected_response` (the response is not in the partner's contract), or
    /// the code of the partner's refusal
    pub code: ::std::string::String,
    /// When the step began
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub since: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(Attention);

impl Attention {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.code.chars().count() <= 100
    }
}

/// What needs attention
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct AttentionReport {
    /// Orders with a step that has failed for a long time; retry it with `POST /orders/{id}/retry`
    pub orders: ::std::vec::Vec<StuckOrder>,
    /// What Temporal has refused; it is sent again with growing delays
    pub intents: ::std::vec::Vec<OrderIntent>,
    /// Webhook deliveries that were given up
    pub deliveries: ::std::vec::Vec<WebhookDelivery>,
    /// Webhook endpoints that the service has disabled
    pub webhooks: ::std::vec::Vec<WebhookEndpoint>,
    /// Orders that differed from their workflows in the last round of the reconciler, which repairs them
    pub drift: Drift,
    /// The comparison with the books of the partners
    pub books: ::std::vec::Vec<BookDrift>,
}

runtime::json_by_serde!(AttentionReport);

impl AttentionReport {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.orders.len() <= 100
            && self.orders.iter().all(|item| item.is_valid())
            && self.intents.len() <= 100
            && self.intents.iter().all(|item| item.is_valid())
            && self.deliveries.len() <= 100
            && self.deliveries.iter().all(|item| item.is_valid())
            && self.webhooks.len() <= 100
            && self.webhooks.iter().all(|item| item.is_valid())
            && self.drift.is_valid()
            && self.books.len() <= 10
            && self.books.iter().all(|item| item.is_valid())
    }
}

/// Operations in a partner's books that contradict their orders
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct BookDrift {
    /// The partner
    pub partner: ::std::string::String,
    /// How many there were in the last pass
    pub drift: i64,
    /// When the last pass finished; absent before the first
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub passed_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
}

runtime::json_by_serde!(BookDrift);

impl BookDrift {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.drift >= 0
    }
}

/// The caller of a request
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct CallerInfo {
    /// The caller's name in the log (`caller.id`)
    pub name: ::std::string::String,
    /// What it may do
    pub scopes: ::std::vec::Vec<Scope>,
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
}

runtime::json_by_serde!(CallerInfo);

impl CallerInfo {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id
            .as_ref()
            .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
    }
}

/// The result of a cancellation
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Cancellation {
    /// `cancelled` (done) or `requested` (it becomes `cancelled` once everything is undone, unless the
    /// parcel is dispatched before)
    pub outcome: CancellationOutcome,
    /// An order
    pub order: Order,
}

runtime::json_by_serde!(Cancellation);

impl Cancellation {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.order.is_valid()
    }
}

runtime::string_enum! {
    /// `cancelled` (done) or `requested` (it becomes `cancelled` once everything is undone, unless the
    /// parcel is dispatched before)
    pub enum CancellationOutcome {
        /// `cancelled`
        Cancelled = "cancelled",
        /// `requested`
        Requested = "requested",
    }
}

runtime::string_enum! {
    /// Why an order with items is cancelled: `customer_request`, `items_unavailable` (none was available),
    /// `decision_cancel` (the answer to `decision`), `decision_deadline` (there was none), `payment_declined`,
    /// `address_not_served`, `parcel_cancelled` (by the carrier), `parcel_returned`, or
    /// `workflow_cancelled` (by an operator)
    pub enum CancellationReason {
        /// `customer_request`
        CustomerRequest = "customer_request",
        /// `items_unavailable`
        ItemsUnavailable = "items_unavailable",
        /// `decision_cancel`
        DecisionCancel = "decision_cancel",
        /// `decision_deadline`
        DecisionDeadline = "decision_deadline",
        /// `payment_declined`
        PaymentDeclined = "payment_declined",
        /// `address_not_served`
        AddressNotServed = "address_not_served",
        /// `parcel_cancelled`
        ParcelCancelled = "parcel_cancelled",
        /// `parcel_returned`
        ParcelReturned = "parcel_returned",
        /// `workflow_cancelled`
        WorkflowCancelled = "workflow_cancelled",
    }
}

/// A new API key
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct CreateApiKeyRequest {
    /// Its purpose
    pub name: ::std::string::String,
    /// What it may do
    pub scopes: ::std::vec::Vec<Scope>,
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// How long it is valid; without it, until it is revoked
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub expires_in_seconds: ::std::option::Option<i64>,
}

runtime::json_by_serde!(CreateApiKeyRequest);

impl CreateApiKeyRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=100).contains(&self.name.chars().count())
            && {
                static PATTERN: runtime::Pattern =
                    runtime::Pattern::new(r"^[^\u0000-\u001f\u007f]*$");
                PATTERN.matches(&self.name)
            }
            && (1..=5).contains(&self.scopes.len())
            && runtime::all_unique(&self.scopes)
            && self
                .customer_id
                .as_ref()
                .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
            && self
                .expires_in_seconds
                .as_ref()
                .is_none_or(|value| (1..=3153600000).contains(value))
    }
}

/// A new order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct CreateOrderRequest {
    /// The id of a customer
    pub customer_id: crate::domain::CustomerId,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: runtime::rust_decimal::Decimal,
    /// What to deliver. `total_amount` must be the sum of `quantity` × `unit_price`, and
    /// `shipping_address` must be set
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub items: ::std::option::Option<::std::vec::Vec<NewOrderItem>>,
    /// A postal address
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub shipping_address: ::std::option::Option<Address>,
}

runtime::json_by_serde!(CreateOrderRequest);

impl CreateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        runtime::own_number(&self.customer_id, |value: &i64| *value >= 1)
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && self.items.as_ref().is_none_or(|value| {
                (1..=100).contains(&value.len()) && value.iter().all(|item| item.is_valid())
            })
            && self
                .shipping_address
                .as_ref()
                .is_none_or(|value| value.is_valid())
    }
}

/// A new endpoint
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde", deny_unknown_fields)]
pub struct CreateWebhookRequest {
    /// Where events are sent: an `https` URL, or `http` if the operator allows it; without user name,
    /// password and fragment
    pub url: ::std::string::String,
    /// A note for people
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub description: ::std::option::Option<::std::string::String>,
    /// Only events of these types; all if it is empty
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub event_types: ::std::option::Option<::std::vec::Vec<OrderEventType>>,
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// How payloads are signed: with a shared secret (`v1`, HMAC-SHA256), or with a private key of the server
    /// (`v1a`, Ed25519), whose public key the endpoint shows
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub signature: ::std::option::Option<WebhookSignature>,
    /// `earliest`: with the oldest event; `latest`: with the first one after its creation
    #[serde(default = "CreateWebhookRequest::default_start")]
    pub start: WebhookStart,
}

runtime::json_by_serde!(CreateWebhookRequest);

impl CreateWebhookRequest {
    /// The default of `start`.
    pub fn default_start() -> WebhookStart {
        WebhookStart::Latest
    }
}

impl CreateWebhookRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (10..=2000).contains(&self.url.chars().count())
            && {
                static PATTERN: runtime::Pattern =
                    runtime::Pattern::new(r"^https?://[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+$");
                PATTERN.matches(&self.url)
            }
            && self.description.as_ref().is_none_or(|value| {
                value.chars().count() <= 200 && {
                    static PATTERN: runtime::Pattern =
                        runtime::Pattern::new(r"^[^\u0000-\u001f\u007f]*$");
                    PATTERN.matches(value)
                }
            })
            && self
                .event_types
                .as_ref()
                .is_none_or(|value| value.len() <= 50 && runtime::all_unique(value))
            && self
                .customer_id
                .as_ref()
                .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
    }
}

/// A new API key
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct CreatedApiKey {
    /// The key, to be sent as `X-API-Key`; it is not shown again
    pub key: ::std::string::String,
    /// An API key, without the key itself
    pub info: ApiKeyInfo,
}

runtime::json_by_serde!(CreatedApiKey);

impl CreatedApiKey {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.info.is_valid()
    }
}

/// An answer
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct DecideOrderRequest {
    /// `accept_available` (deliver the available items) or `cancel`
    pub answer: DecisionAnswer,
}

runtime::json_by_serde!(DecideOrderRequest);

/// A question to the customer; answer it with `POST /orders/{id}/decision`
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Decision {
    /// The possible answers
    pub options: ::std::vec::Vec<DecisionAnswer>,
    /// The positions of the unavailable items in `items`, from 0
    pub unavailable_items: ::std::vec::Vec<i32>,
    /// When the order is cancelled without an answer
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub deadline: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(Decision);

impl Decision {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=2).contains(&self.options.len())
            && (1..=100).contains(&self.unavailable_items.len())
            && self
                .unavailable_items
                .iter()
                .all(|item| (0..=99).contains(item))
    }
}

runtime::string_enum! {
    /// `accept_available` (deliver the available items) or `cancel`
    pub enum DecisionAnswer {
        /// `accept_available`
        AcceptAvailable = "accept_available",
        /// `cancel`
        Cancel = "cancel",
    }
}

/// A dependency of the process
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Dependency {
    /// The name of the dependency
    pub name: ::std::string::String,
    /// Whether it is reachable
    pub status: DependencyStatus,
    /// Whether requests fail without it
    pub required: bool,
    /// The consequence if it is down
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub detail: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Dependency);

runtime::string_enum! {
    /// Whether it is reachable
    pub enum DependencyStatus {
        /// `up`
        Up = "up",
        /// `down`
        Down = "down",
    }
}

/// Orders that differed from their workflows in the last round of the reconciler, which repairs them
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Drift {
    /// How many differed
    pub orders: i64,
    /// How many were compared
    pub compared: i64,
    /// When the last round finished; absent before the first
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub finished_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
}

runtime::json_by_serde!(Drift);

impl Drift {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.orders >= 0 && self.compared >= 0
    }
}

/// An event of an order, with its place among those of all orders
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Event {
    /// The position among the events of all orders, from 1 without gaps; never changes
    pub position: i64,
    /// The id of an order, assigned by the server
    pub order_id: crate::domain::OrderId,
    /// The id of a customer
    pub customer_id: crate::domain::CustomerId,
    /// The position in the history of its order, from 1 without gaps
    pub sequence: i64,
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`; or a step of an order with items. `decision` ends
    /// with `decision_made` or `cancellation_requested`, `attention` with `attention_resolved`
    /// or `retry_requested`, and `cancellation_reason` with `cancellation_refused`.
    pub r#type: OrderEventType,
    /// The changed fields with their new values, and the reason
    pub data: OrderEventData,
    /// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
    /// which repairs orders that do not match their workflows
    pub actor: OrderEventActor,
    /// When the change was made
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub occurred_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(Event);

impl Event {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.position >= 1
            && runtime::own_number(&self.order_id, |value: &i64| *value >= 1)
            && runtime::own_number(&self.customer_id, |value: &i64| *value >= 1)
            && self.sequence >= 1
            && self.data.is_valid()
    }
}

runtime::string_enum! {
    /// `earliest`: with the oldest event; `latest`: after the newest one
    pub enum FeedStart {
        /// `earliest`
        Earliest = "earliest",
        /// `latest`
        Latest = "latest",
    }
}

runtime::string_enum! {
    /// `pending`, `reserved` (held in stock), `unavailable` (not in stock), `cancelled`, `shipped` or
    /// `delivered`
    pub enum ItemStatus {
        /// `pending`
        Pending = "pending",
        /// `reserved`
        Reserved = "reserved",
        /// `unavailable`
        Unavailable = "unavailable",
        /// `cancelled`
        Cancelled = "cancelled",
        /// `shipped`
        Shipped = "shipped",
        /// `delivered`
        Delivered = "delivered",
    }
}

impl ItemStatus {
    /// The values that may follow this one (`x-transitions` of the contract).
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Pending => &[
                Self::Reserved,
                Self::Unavailable,
                Self::Cancelled,
                Self::Shipped,
                Self::Delivered,
            ],
            Self::Reserved => &[
                Self::Pending,
                Self::Cancelled,
                Self::Shipped,
                Self::Delivered,
            ],
            Self::Unavailable => &[Self::Cancelled],
            Self::Cancelled => &[],
            Self::Shipped => &[Self::Delivered, Self::Cancelled],
            Self::Delivered => &[],
        }
    }

    /// Whether `next` may follow this value. Staying at the same value is not a transition.
    pub fn can_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// Whether no other value may follow this one.
    pub const fn is_final(self) -> bool {
        self.transitions().is_empty()
    }
}

/// The process is alive
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Liveness {
    /// Always `ok`
    pub status: LivenessStatus,
}

runtime::json_by_serde!(Liveness);

runtime::string_enum! {
    /// Always `ok`
    pub enum LivenessStatus {
        /// `ok`
        Ok = "ok",
    }
}

/// An item to order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct NewOrderItem {
    /// The stock keeping unit of an article
    pub sku: ::std::string::String,
    /// A number of pieces
    pub quantity: i32,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub unit_price: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(NewOrderItem);

impl NewOrderItem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=64).contains(&self.sku.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[!-~]+$");
                PATTERN.matches(&self.sku)
            }
            && (1..=10000).contains(&self.quantity)
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.unit_price)
            && self.unit_price % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

/// An order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Order {
    /// The id of an order, assigned by the server
    pub id: crate::domain::OrderId,
    /// The id of a customer
    pub customer_id: crate::domain::CustomerId,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub status: OrderStatus,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: runtime::rust_decimal::Decimal,
    /// When the order was accepted
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When the order last changed
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub updated_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// The statuses that a `PUT` may set; empty if the status is final, and for orders with items
    pub allowed_transitions: ::std::vec::Vec<OrderStatus>,
    /// What was ordered; absent for an order without items
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub items: ::std::option::Option<::std::vec::Vec<OrderItem>>,
    /// The payment of an order with items
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub payment: ::std::option::Option<Payment>,
    /// The parcel of an order with items
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub shipment: ::std::option::Option<Shipment>,
    /// A question to the customer; answer it with `POST /orders/{id}/decision`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub decision: ::std::option::Option<Decision>,
    /// Why an order with items is cancelled: `customer_request`, `items_unavailable` (none was available),
    /// `decision_cancel` (the answer to `decision`), `decision_deadline` (there was none), `payment_declined`,
    /// `address_not_served`, `parcel_cancelled` (by the carrier), `parcel_returned`, or
    /// `workflow_cancelled` (by an operator)
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub cancellation_reason: ::std::option::Option<CancellationReason>,
    /// A step that has failed for a long time; it is retried until it succeeds
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub attention: ::std::option::Option<Attention>,
}

runtime::json_by_serde!(Order);

impl Order {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        runtime::own_number(&self.id, |value: &i64| *value >= 1)
            && runtime::own_number(&self.customer_id, |value: &i64| *value >= 1)
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.total_amount)
            && self.total_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && self.allowed_transitions.len() <= 4
            && self.items.as_ref().is_none_or(|value| {
                (1..=100).contains(&value.len()) && value.iter().all(|item| item.is_valid())
            })
            && self.payment.as_ref().is_none_or(|value| value.is_valid())
            && self.shipment.as_ref().is_none_or(|value| value.is_valid())
            && self.decision.as_ref().is_none_or(|value| value.is_valid())
            && self.attention.as_ref().is_none_or(|value| value.is_valid())
    }
}

/// A change of an order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderEvent {
    /// Its position in the history, from 1 without gaps; also the version that it created
    pub sequence: i64,
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`; or a step of an order with items. `decision` ends
    /// with `decision_made` or `cancellation_requested`, `attention` with `attention_resolved`
    /// or `retry_requested`, and `cancellation_reason` with `cancellation_refused`.
    pub r#type: OrderEventType,
    /// The changed fields with their new values, and the reason
    pub data: OrderEventData,
    /// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
    /// which repairs orders that do not match their workflows
    pub actor: OrderEventActor,
    /// When the change was made
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub occurred_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(OrderEvent);

impl OrderEvent {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.sequence >= 1 && self.data.is_valid()
    }
}

runtime::string_enum! {
    /// Who made the change: a `client` of this API, the order's `workflow`, or the `reconciler`,
    /// which repairs orders that do not match their workflows
    pub enum OrderEventActor {
        /// `client`
        Client = "client",
        /// `workflow`
        Workflow = "workflow",
        /// `reconciler`
        Reconciler = "reconciler",
    }
}

/// The changed fields with their new values, and the reason
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderEventData {
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
    /// All items with their statuses
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub items: ::std::option::Option<::std::vec::Vec<OrderItem>>,
    /// The payment of an order with items
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub payment: ::std::option::Option<Payment>,
    /// The parcel of an order with items
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub shipment: ::std::option::Option<Shipment>,
    /// A question to the customer; answer it with `POST /orders/{id}/decision`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub decision: ::std::option::Option<Decision>,
    /// `accept_available` (deliver the available items) or `cancel`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub answer: ::std::option::Option<DecisionAnswer>,
    /// Why an order with items is cancelled: `customer_request`, `items_unavailable` (none was available),
    /// `decision_cancel` (the answer to `decision`), `decision_deadline` (there was none), `payment_declined`,
    /// `address_not_served`, `parcel_cancelled` (by the carrier), `parcel_returned`, or
    /// `workflow_cancelled` (by an operator)
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub cancellation_reason: ::std::option::Option<CancellationReason>,
    /// A step that has failed for a long time; it is retried until it succeeds
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub attention: ::std::option::Option<Attention>,
    /// Why the change was made, if a client did not request it
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub reason: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(OrderEventData);

impl OrderEventData {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.customer_id
            .as_ref()
            .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
            && self.total_amount.as_ref().is_none_or(|value| {
                (runtime::rust_decimal::Decimal::ZERO
                    ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                    .contains(value)
                    && *value % runtime::rust_decimal::Decimal::new(1, 2)
                        == runtime::rust_decimal::Decimal::ZERO
            })
            && self
                .items
                .as_ref()
                .is_none_or(|value| value.len() <= 100 && value.iter().all(|item| item.is_valid()))
            && self.payment.as_ref().is_none_or(|value| value.is_valid())
            && self.shipment.as_ref().is_none_or(|value| value.is_valid())
            && self.decision.as_ref().is_none_or(|value| value.is_valid())
            && self.attention.as_ref().is_none_or(|value| value.is_valid())
    }
}

runtime::string_enum! {
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`; or a step of an order with items. `decision` ends
    /// with `decision_made` or `cancellation_requested`, `attention` with `attention_resolved`
    /// or `retry_requested`, and `cancellation_reason` with `cancellation_refused`.
    pub enum OrderEventType {
        /// `created`
        Created = "created",
        /// `updated`
        Updated = "updated",
        /// `restarted`
        Restarted = "restarted",
        /// `deleted`
        Deleted = "deleted",
        /// `items_reserved`
        ItemsReserved = "items_reserved",
        /// `items_unavailable`
        ItemsUnavailable = "items_unavailable",
        /// `decision_requested`
        DecisionRequested = "decision_requested",
        /// `decision_made`
        DecisionMade = "decision_made",
        /// `cancellation_requested`
        CancellationRequested = "cancellation_requested",
        /// `cancellation_refused`
        CancellationRefused = "cancellation_refused",
        /// `items_released`
        ItemsReleased = "items_released",
        /// `payment_authorized`
        PaymentAuthorized = "payment_authorized",
        /// `payment_declined`
        PaymentDeclined = "payment_declined",
        /// `payment_captured`
        PaymentCaptured = "payment_captured",
        /// `payment_voided`
        PaymentVoided = "payment_voided",
        /// `payment_refunded`
        PaymentRefunded = "payment_refunded",
        /// `shipment_created`
        ShipmentCreated = "shipment_created",
        /// `shipment_refused`
        ShipmentRefused = "shipment_refused",
        /// `shipment_dispatched`
        ShipmentDispatched = "shipment_dispatched",
        /// `shipment_delivered`
        ShipmentDelivered = "shipment_delivered",
        /// `shipment_returned`
        ShipmentReturned = "shipment_returned",
        /// `shipment_cancelled`
        ShipmentCancelled = "shipment_cancelled",
        /// `attention_required`
        AttentionRequired = "attention_required",
        /// `attention_resolved`
        AttentionResolved = "attention_resolved",
        /// `retry_requested`
        RetryRequested = "retry_requested",
    }
}

/// Something that is to be sent to Temporal for an order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderIntent {
    /// The id of an order, assigned by the server
    pub order_id: crate::domain::OrderId,
    /// `start`, `fulfil` (start the workflow of an order with items), `restart`, `refulfil`, `wake` or `end`
    pub action: ::std::string::String,
    /// How often it was sent
    pub attempts: i32,
    /// Why Temporal has not confirmed it
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub last_error: ::std::option::Option<::std::string::String>,
    /// When it was stored
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When it is sent next; while a process is sending it, when that process's lease expires
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub next_attempt_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(OrderIntent);

impl OrderIntent {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        runtime::own_number(&self.order_id, |value: &i64| *value >= 1) && self.attempts >= 0
    }
}

/// An item of an order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderItem {
    /// The stock keeping unit of an article
    pub sku: ::std::string::String,
    /// A number of pieces
    pub quantity: i32,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub unit_price: runtime::rust_decimal::Decimal,
    /// `pending`, `reserved` (held in stock), `unavailable` (not in stock), `cancelled`, `shipped` or
    /// `delivered`
    pub status: ItemStatus,
}

runtime::json_by_serde!(OrderItem);

impl OrderItem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (1..=64).contains(&self.sku.chars().count())
            && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[!-~]+$");
                PATTERN.matches(&self.sku)
            }
            && (1..=10000).contains(&self.quantity)
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.unit_price)
            && self.unit_price % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

/// How an order is processed
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderProcessing {
    /// Whether Temporal responded
    pub temporal_available: bool,
    /// The workflow of an order
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub workflow: ::std::option::Option<OrderWorkflow>,
    /// What is to be sent to Temporal
    pub intents: ::std::vec::Vec<OrderIntent>,
}

runtime::json_by_serde!(OrderProcessing);

impl OrderProcessing {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.workflow.as_ref().is_none_or(|value| value.is_valid())
            && self.intents.len() <= 100
            && self.intents.iter().all(|item| item.is_valid())
    }
}

runtime::string_enum! {
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    pub enum OrderStatus {
        /// `pending`
        Pending = "pending",
        /// `processing`
        Processing = "processing",
        /// `completed`
        Completed = "completed",
        /// `cancelled`
        Cancelled = "cancelled",
    }
}

impl OrderStatus {
    /// The values that may follow this one (`x-transitions` of the contract).
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Processing, Self::Completed, Self::Cancelled],
            Self::Processing => &[Self::Completed, Self::Cancelled],
            Self::Completed => &[],
            Self::Cancelled => &[],
        }
    }

    /// Whether `next` may follow this value. Staying at the same value is not a transition.
    pub fn can_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// Whether no other value may follow this one.
    pub const fn is_final(self) -> bool {
        self.transitions().is_empty()
    }
}

runtime::string_enum! {
    /// A step of an order with items
    pub enum OrderStep {
        /// `reserve`
        Reserve = "reserve",
        /// `authorize`
        Authorize = "authorize",
        /// `commit`
        Commit = "commit",
        /// `ship`
        Ship = "ship",
        /// `track`
        Track = "track",
        /// `capture`
        Capture = "capture",
        /// `cancel_shipment`
        CancelShipment = "cancel_shipment",
        /// `void`
        Void = "void",
        /// `release`
        Release = "release",
        /// `refund`
        Refund = "refund",
    }
}

/// The workflow of an order
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct OrderWorkflow {
    /// The id of the workflow
    pub id: ::std::string::String,
    /// The id of its last run
    pub run_id: ::std::string::String,
    /// The state of the last run
    pub status: OrderWorkflowStatus,
    /// When the run began
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub started_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// When the run ended
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub ended_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// Its page in Temporal's web UI, if the service knows that
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub url: ::std::option::Option<::std::string::String>,
    /// The steps in progress
    pub steps: ::std::vec::Vec<RunningStep>,
}

runtime::json_by_serde!(OrderWorkflow);

impl OrderWorkflow {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.steps.iter().all(|item| item.is_valid())
    }
}

runtime::string_enum! {
    /// The state of the last run
    pub enum OrderWorkflowStatus {
        /// `running`
        Running = "running",
        /// `completed`
        Completed = "completed",
        /// `failed`
        Failed = "failed",
        /// `cancelled`
        Cancelled = "cancelled",
        /// `terminated`
        Terminated = "terminated",
        /// `timed_out`
        TimedOut = "timed_out",
        /// `continued_as_new`
        ContinuedAsNew = "continued_as_new",
        /// `unknown`
        Unknown = "unknown",
    }
}

/// A partner in the last five minutes
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct PartnerStatistics {
    /// The partner
    pub partner: ::std::string::String,
    /// `up`, `failing` (some calls fail), `down` (all fail) or `unused` (there were none)
    pub state: PartnerStatisticsState,
    /// Calls
    pub calls: f64,
    /// Calls that have to be repeated
    pub failures: f64,
}

runtime::json_by_serde!(PartnerStatistics);

runtime::string_enum! {
    /// `up`, `failing` (some calls fail), `down` (all fail) or `unused` (there were none)
    pub enum PartnerStatisticsState {
        /// `up`
        Up = "up",
        /// `failing`
        Failing = "failing",
        /// `down`
        Down = "down",
        /// `unused`
        Unused = "unused",
    }
}

/// The payment of an order with items
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Payment {
    /// `authorized` (the amount is reserved), `declined`, `captured` (paid), `voided` (given up before it
    /// was captured) or `refunded`
    pub status: PaymentStatus,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub authorized_amount: runtime::rust_decimal::Decimal,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub captured_amount: runtime::rust_decimal::Decimal,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub refunded_amount: runtime::rust_decimal::Decimal,
}

runtime::json_by_serde!(Payment);

impl Payment {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (runtime::rust_decimal::Decimal::ZERO
            ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
            .contains(&self.authorized_amount)
            && self.authorized_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.captured_amount)
            && self.captured_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
            && (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(&self.refunded_amount)
            && self.refunded_amount % runtime::rust_decimal::Decimal::new(1, 2)
                == runtime::rust_decimal::Decimal::ZERO
    }
}

runtime::string_enum! {
    /// `authorized` (the amount is reserved), `declined`, `captured` (paid), `voided` (given up before it
    /// was captured) or `refunded`
    pub enum PaymentStatus {
        /// `authorized`
        Authorized = "authorized",
        /// `declined`
        Declined = "declined",
        /// `captured`
        Captured = "captured",
        /// `voided`
        Voided = "voided",
        /// `refunded`
        Refunded = "refunded",
    }
}

impl PaymentStatus {
    /// The values that may follow this one (`x-transitions` of the contract).
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Authorized => &[Self::Captured, Self::Voided],
            Self::Declined => &[],
            Self::Captured => &[Self::Refunded],
            Self::Voided => &[Self::Authorized, Self::Declined],
            Self::Refunded => &[],
        }
    }

    /// Whether `next` may follow this value. Staying at the same value is not a transition.
    pub fn can_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// Whether no other value may follow this one.
    pub const fn is_final(self) -> bool {
        self.transitions().is_empty()
    }
}

/// Why a request failed (RFC 9457)
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Problem {
    /// A URI that identifies the problem type
    pub r#type: ::std::string::String,
    /// A summary of the problem type
    pub title: ::std::string::String,
    /// The HTTP status of this response
    pub status: i32,
    /// A stable, machine-readable code
    pub code: ::std::string::String,
    /// A human-readable explanation of this occurrence
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub detail: ::std::option::Option<::std::string::String>,
    /// The path of the request
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub instance: ::std::option::Option<::std::string::String>,
    /// The request's id, as in `X-Request-Id`; include it in support requests
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub request_id: ::std::option::Option<::std::string::String>,
    /// All violations in the request
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub errors: ::std::option::Option<::std::vec::Vec<Violation>>,
}

runtime::json_by_serde!(Problem);

impl Problem {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (400..=599).contains(&self.status)
    }
}

/// Readiness of the process and its dependencies
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Readiness {
    /// Always `ready`; if the process is not ready, the response is a problem
    pub status: ReadinessStatus,
    /// Each dependency and its state
    pub dependencies: ::std::vec::Vec<Dependency>,
}

runtime::json_by_serde!(Readiness);

runtime::string_enum! {
    /// Always `ready`; if the process is not ready, the response is a problem
    pub enum ReadinessStatus {
        /// `ready`
        Ready = "ready",
    }
}

/// Where to begin again
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde", deny_unknown_fields)]
pub struct ReplayWebhookRequest {
    /// Events with a greater position are sent again
    pub after: i64,
}

runtime::json_by_serde!(ReplayWebhookRequest);

impl ReplayWebhookRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.after >= 0
    }
}

/// A rotation
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct RotateApiKeyRequest {
    /// How long the old key remains valid
    #[serde(default = "RotateApiKeyRequest::default_overlap_seconds")]
    pub overlap_seconds: i64,
}

runtime::json_by_serde!(RotateApiKeyRequest);

impl RotateApiKeyRequest {
    /// The default of `overlap_seconds`.
    pub fn default_overlap_seconds() -> i64 {
        86400
    }
}

impl RotateApiKeyRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        (0..=31536000).contains(&self.overlap_seconds)
    }
}

/// A step in progress
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct RunningStep {
    /// The type of the activity
    pub name: ::std::string::String,
    /// The number of the current attempt, or of the next one
    pub attempts: i32,
    /// Why the last attempt failed
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub last_error: ::std::option::Option<::std::string::String>,
    /// When the last attempt began
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub last_attempt_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// When the next attempt begins, if it waits
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub next_attempt_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
}

runtime::json_by_serde!(RunningStep);

impl RunningStep {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.attempts >= 1
    }
}

runtime::string_enum! {
    /// A permission; `orders:admin` includes all others
    pub enum Scope {
        /// `orders:read`
        OrdersRead = "orders:read",
        /// `orders:write`
        OrdersWrite = "orders:write",
        /// `webhooks:read`
        WebhooksRead = "webhooks:read",
        /// `webhooks:write`
        WebhooksWrite = "webhooks:write",
        /// `orders:admin`
        OrdersAdmin = "orders:admin",
    }
}

/// The parcel of an order with items
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Shipment {
    /// `created`, `dispatched` (the carrier has it), `delivered`, `returned` (it came back) or `cancelled`
    pub status: ShipmentStatus,
    /// Who carries it
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub carrier: ::std::option::Option<::std::string::String>,
    /// The carrier's tracking number
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub tracking: ::std::option::Option<::std::string::String>,
}

runtime::json_by_serde!(Shipment);

impl Shipment {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.carrier
            .as_ref()
            .is_none_or(|value| value.chars().count() <= 100)
            && self
                .tracking
                .as_ref()
                .is_none_or(|value| value.chars().count() <= 100)
    }
}

runtime::string_enum! {
    /// `created`, `dispatched` (the carrier has it), `delivered`, `returned` (it came back) or `cancelled`
    pub enum ShipmentStatus {
        /// `created`
        Created = "created",
        /// `dispatched`
        Dispatched = "dispatched",
        /// `delivered`
        Delivered = "delivered",
        /// `returned`
        Returned = "returned",
        /// `cancelled`
        Cancelled = "cancelled",
    }
}

impl ShipmentStatus {
    /// The values that may follow this one (`x-transitions` of the contract).
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Created => &[
                Self::Dispatched,
                Self::Delivered,
                Self::Returned,
                Self::Cancelled,
            ],
            Self::Dispatched => &[Self::Delivered, Self::Returned],
            Self::Delivered => &[],
            Self::Returned => &[],
            Self::Cancelled => &[],
        }
    }

    /// Whether `next` may follow this value. Staying at the same value is not a transition.
    pub fn can_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// Whether no other value may follow this one.
    pub const fn is_final(self) -> bool {
        self.transitions().is_empty()
    }
}

/// Measurements of the last hour
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Statistics {
    /// How many processes have stored measurements in the last minute
    pub processes: i32,
    /// One point per minute, from the oldest to the newest; minutes without measurements are absent
    pub points: ::std::vec::Vec<StatisticsPoint>,
    /// The partners in the last five minutes
    pub partners: ::std::vec::Vec<PartnerStatistics>,
}

runtime::json_by_serde!(Statistics);

impl Statistics {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.processes >= 0 && self.points.len() <= 61 && self.partners.len() <= 10
    }
}

/// Measurements of one minute
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct StatisticsPoint {
    /// The beginning of the minute
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// Requests
    pub requests: f64,
    /// Responses with a 5xx status
    pub errors: f64,
    /// The median of the duration of a request, in milliseconds; absent without requests
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub latency_p50_ms: ::std::option::Option<f64>,
    /// The 99th percentile of the duration of a request, in milliseconds; absent without requests
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub latency_p99_ms: ::std::option::Option<f64>,
    /// Orders created
    pub created: f64,
    /// Orders completed by their workflows
    pub completed: f64,
    /// What was to be sent to Temporal, at the end of the minute
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub backlog: ::std::option::Option<f64>,
    /// Orders that differed from their workflows, in the last round
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub drift: ::std::option::Option<f64>,
    /// Orders with a step that had failed for a long time
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub attention: ::std::option::Option<f64>,
    /// Webhook deliveries that were received
    pub deliveries: f64,
    /// Failed attempts to deliver
    pub failed_deliveries: f64,
}

runtime::json_by_serde!(StatisticsPoint);

/// An order with a step that has failed for a long time
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct StuckOrder {
    /// The id of an order, assigned by the server
    pub order_id: crate::domain::OrderId,
    /// The id of a customer
    pub customer_id: crate::domain::CustomerId,
    /// A step that has failed for a long time; it is retried until it succeeds
    pub attention: Attention,
}

runtime::json_by_serde!(StuckOrder);

impl StuckOrder {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        runtime::own_number(&self.order_id, |value: &i64| *value >= 1)
            && runtime::own_number(&self.customer_id, |value: &i64| *value >= 1)
            && self.attention.is_valid()
    }
}

/// The fields to change; absent fields stay unchanged
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct UpdateOrderRequest {
    /// `pending` (accepted), `processing` (its workflow has started), `completed` or `cancelled`
    /// (final).
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub status: ::std::option::Option<OrderStatus>,
    /// An amount of money with at most two decimals; exact, not rounded
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub total_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
}

runtime::json_by_serde!(UpdateOrderRequest);

impl UpdateOrderRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.total_amount.as_ref().is_none_or(|value| {
            (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(value)
                && *value % runtime::rust_decimal::Decimal::new(1, 2)
                    == runtime::rust_decimal::Decimal::ZERO
        })
    }
}

/// The fields to change
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde", deny_unknown_fields)]
pub struct UpdateWebhookRequest {
    /// Where events are sent: an `https` URL, or `http` if the operator allows it; without user name,
    /// password and fragment
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub url: ::std::option::Option<::std::string::String>,
    /// A note for people
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub description: ::std::option::Option<::std::string::String>,
    /// Only events of these types; all if it is empty
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub event_types: ::std::option::Option<::std::vec::Vec<OrderEventType>>,
    /// Whether events are sent
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub enabled: ::std::option::Option<bool>,
}

runtime::json_by_serde!(UpdateWebhookRequest);

impl UpdateWebhookRequest {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.url.as_ref().is_none_or(|value| {
            (10..=2000).contains(&value.chars().count()) && {
                static PATTERN: runtime::Pattern =
                    runtime::Pattern::new(r"^https?://[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+$");
                PATTERN.matches(value)
            }
        }) && self.description.as_ref().is_none_or(|value| {
            value.chars().count() <= 200 && {
                static PATTERN: runtime::Pattern =
                    runtime::Pattern::new(r"^[^\u0000-\u001f\u007f]*$");
                PATTERN.matches(value)
            }
        }) && self
            .event_types
            .as_ref()
            .is_none_or(|value| value.len() <= 50 && runtime::all_unique(value))
    }
}

/// A violation of the contract
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter
    pub pointer: ::std::string::String,
    /// What is wrong
    pub detail: ::std::string::String,
}

runtime::json_by_serde!(Violation);

/// An event that was sent to an endpoint, or is to be sent
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct WebhookDelivery {
    /// The id of the delivery
    pub id: i64,
    /// The id of the endpoint
    pub webhook_id: i64,
    /// The position of the event
    pub position: i64,
    /// The id of an order, assigned by the server
    pub order_id: crate::domain::OrderId,
    /// `created`; `updated` (fields changed); `restarted` (a new workflow was started because the
    /// previous one was lost or failed); `deleted`; or a step of an order with items. `decision` ends
    /// with `decision_made` or `cancellation_requested`, `attention` with `attention_resolved`
    /// or `retry_requested`, and `cancellation_reason` with `cancellation_refused`.
    pub event_type: OrderEventType,
    /// `pending`: to be sent; `delivered`: the receiver responded with 2xx; `failed`: given up after the last
    /// attempt
    pub status: WebhookDeliveryStatus,
    /// How often it was sent
    pub attempts: i32,
    /// The status of the last response; absent if there was none
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub response_status: ::std::option::Option<i32>,
    /// Why the last attempt failed
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub error: ::std::option::Option<::std::string::String>,
    /// When it became due
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When it was last sent
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub last_attempt_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// When it is sent next, while it is `pending`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some",
        serialize_with = "runtime::json::write"
    )]
    pub next_attempt_at: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
}

runtime::json_by_serde!(WebhookDelivery);

impl WebhookDelivery {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && self.webhook_id >= 1
            && self.position >= 1
            && runtime::own_number(&self.order_id, |value: &i64| *value >= 1)
            && self.attempts >= 0
    }
}

runtime::string_enum! {
    /// `pending`: to be sent; `delivered`: the receiver responded with 2xx; `failed`: given up after the last
    /// attempt
    pub enum WebhookDeliveryStatus {
        /// `pending`
        Pending = "pending",
        /// `delivered`
        Delivered = "delivered",
        /// `failed`
        Failed = "failed",
    }
}

/// A URL to which events are sent
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct WebhookEndpoint {
    /// The id of the endpoint
    pub id: i64,
    /// Where events are sent: an `https` URL, or `http` if the operator allows it; without user name,
    /// password and fragment
    pub url: ::std::string::String,
    /// A note for people
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub description: ::std::option::Option<::std::string::String>,
    /// Only events of these types; all if it is empty
    pub event_types: ::std::vec::Vec<OrderEventType>,
    /// The id of a customer
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// Whether events are sent
    pub enabled: bool,
    /// Why the service has stopped sending events, unless a client disabled the endpoint
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub disabled_reason: ::std::option::Option<::std::string::String>,
    /// How payloads are signed: with a shared secret (`v1`, HMAC-SHA256), or with a private key of the server
    /// (`v1a`, Ed25519), whose public key the endpoint shows
    pub signature: WebhookSignature,
    /// The secret that signs payloads (`whsec_` and base64); only in the response to its creation, and
    /// absent with `ed25519`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub secret: ::std::option::Option<::std::string::String>,
    /// The public key that verifies payloads (`whpk_` and base64), with `ed25519`
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub public_key: ::std::option::Option<::std::string::String>,
    /// The position of the last event that was considered; later ones follow
    pub position: i64,
    /// When it was created
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub created_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// When it was last changed
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub updated_at: runtime::chrono::DateTime<runtime::chrono::Utc>,
}

runtime::json_by_serde!(WebhookEndpoint);

impl WebhookEndpoint {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.id >= 1
            && (10..=2000).contains(&self.url.chars().count())
            && {
                static PATTERN: runtime::Pattern =
                    runtime::Pattern::new(r"^https?://[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+$");
                PATTERN.matches(&self.url)
            }
            && self.description.as_ref().is_none_or(|value| {
                value.chars().count() <= 200 && {
                    static PATTERN: runtime::Pattern =
                        runtime::Pattern::new(r"^[^\u0000-\u001f\u007f]*$");
                    PATTERN.matches(value)
                }
            })
            && self.event_types.len() <= 50
            && runtime::all_unique(&self.event_types)
            && self
                .customer_id
                .as_ref()
                .is_none_or(|value| runtime::own_number(value, |value: &i64| *value >= 1))
            && self.position >= 0
    }
}

/// What is sent to an endpoint
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct WebhookPayload {
    /// `order.` and the type of the event; or `test`
    pub r#type: ::std::string::String,
    /// When the change was made
    #[serde(
        deserialize_with = "runtime::json::read",
        serialize_with = "runtime::json::write"
    )]
    pub timestamp: runtime::chrono::DateTime<runtime::chrono::Utc>,
    /// An event of an order, with its place among those of all orders
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub data: ::std::option::Option<Event>,
}

runtime::json_by_serde!(WebhookPayload);

impl WebhookPayload {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.data.as_ref().is_none_or(|value| value.is_valid())
    }
}

runtime::string_enum! {
    /// How payloads are signed: with a shared secret (`v1`, HMAC-SHA256), or with a private key of the server
    /// (`v1a`, Ed25519), whose public key the endpoint shows
    pub enum WebhookSignature {
        /// `hmac_sha256`
        HmacSha256 = "hmac_sha256",
        /// `ed25519`
        Ed25519 = "ed25519",
    }
}

runtime::string_enum! {
    /// `earliest`: with the oldest event; `latest`: with the first one after its creation
    pub enum WebhookStart {
        /// `earliest`
        Earliest = "earliest",
        /// `latest`
        Latest = "latest",
    }
}

/// The result of a test event
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct WebhookTestResult {
    /// Whether the receiver responded with 2xx
    pub delivered: bool,
    /// The status of the response; absent if there was none
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub response_status: ::std::option::Option<i32>,
    /// Why it was not delivered
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub error: ::std::option::Option<::std::string::String>,
    /// How long it took, in milliseconds
    pub duration_ms: i64,
}

runtime::json_by_serde!(WebhookTestResult);

impl WebhookTestResult {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.duration_ms >= 0
    }
}
