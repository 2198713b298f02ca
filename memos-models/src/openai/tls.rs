//! HTTP clients with TLS where the address wants it.

use std::sync::Arc;

use memos_core::{Code, Error, Result};
use reqwest::{ClientBuilder, Url, redirect};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// A client of an address, to be set up further. Over https it trusts the system's certificate
/// authorities; over http it needs none, so it also starts where there are none. It follows no
/// redirects, so that what is meant for one host goes to no other, and reaches this machine without
/// a proxy.
///
/// Whoever uses `reqwest` beside this crate's `openai` feature should start from here: `reqwest` is
/// then built with TLS, but without a provider of its own, and its plain builder panics.
///
/// # Errors
/// `Unavailable` if an https address finds no certificate authorities on this system.
pub fn http_client(address: &Url) -> Result<ClientBuilder> {
    let unusable = |e: rustls::Error| {
        Error::new(
            Code::Unavailable,
            "TLS does not start: the system's certificate authorities can't be read",
        )
        .remedy("install the package ca-certificates, or name a file of them in SSL_CERT_FILE")
        .caused_by(e)
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let config = match address.scheme() {
        "https" => config.with_platform_verifier().map_err(unusable)?,
        _ => config.with_root_certificates(RootCertStore::empty()),
    };
    let builder = ClientBuilder::new()
        .tls_backend_preconfigured(config.with_no_client_auth())
        .redirect(redirect::Policy::none())
        .user_agent(concat!("memos/", env!("CARGO_PKG_VERSION")));
    Ok(match is_loopback(address) {
        true => builder.no_proxy(),
        false => builder,
    })
}

/// Whether the address is this machine's own, to which no proxy leads.
fn is_loopback(address: &Url) -> bool {
    match address.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_start_without_a_process_wide_provider() {
        for address in ["http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://h/v1"] {
            let address = address.parse().unwrap();
            http_client(&address).unwrap().build().unwrap();
        }
        // Systems without certificate authorities refuse https alone, and say why.
        match http_client(&"https://h/v1".parse().unwrap()) {
            Ok(builder) => drop(builder.build().unwrap()),
            Err(error) => assert_eq!(error.code(), Code::Unavailable),
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let is = |text: &str| is_loopback(&text.parse().unwrap());
        assert!(is("http://localhost:1") && is("http://127.0.0.9:1") && is("http://[::1]:1"));
        assert!(!is("http://10.0.0.1") && !is("http://localhost.example"));
    }
}
