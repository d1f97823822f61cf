//! By which names a server is reached where it lets everybody in.

use std::net::Ipv6Addr;

/// What is no name of a host: neither a wildcard nor a port belongs to it.
pub(super) fn faults<'a>(setting: &str, hosts: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let setting = setting.to_owned();
    let unfit = hosts.iter().filter(|host| !is_host(host));
    unfit.map(move |host| format!("{setting}: `{host}` is not a host such as orders.internal"))
}

fn is_host(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.bytes().all(fits)
        }
    }
}
