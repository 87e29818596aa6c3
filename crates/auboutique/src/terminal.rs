//! `terminal`: the market on the whole screen.

use std::io::IsTerminal as _;
use std::net::Ipv6Addr;

use anyhow::bail;
use auboutique_wire::json::DEFAULT_PORT;

use crate::config::Terminal;
use crate::token::Drawer;

/// `HOST[:PORT]` as `HOST:PORT`.
fn address(typed: &str) -> String {
    let bare = typed.trim().trim_end_matches('/');
    if bare.parse::<Ipv6Addr>().is_ok() {
        return format!("[{bare}]:{DEFAULT_PORT}");
    }
    let after = bare.rsplit_once(']').map_or(bare, |(_, after)| after);
    if after.contains(':') { bare.to_owned() } else { format!("{bare}:{DEFAULT_PORT}") }
}

/// Runs the client until the person leaves.
///
/// # Errors
///
/// When this is no terminal.
pub fn run(options: &Terminal) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("auboutique terminal needs a terminal. From a script use `auboutique call OP …`");
    }
    let server = address(&options.server);
    let keeper = Drawer { profile: options.profile.clone(), server: server.clone() };
    auboutique_terminal::run(&server, options.tls(), Box::new(keeper), options.pictures.into())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_may_be_left_out() {
        let check = |typed: &str, expected: &str| assert_eq!(address(typed), expected, "{typed}");
        check("market.example", "market.example:7351");
        check("market.example:99", "market.example:99");
        check("127.0.0.1", "127.0.0.1:7351");
        check("::1", "[::1]:7351");
        check("[::1]:99", "[::1]:99");
        check("[::1]", "[::1]:7351");
    }
}
