//! Both ends of a copy prove themselves: with a certificate of the cluster that holds the very address they are at.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use crate::error::Error;

/// The agent's own certificate and whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    pub ca: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Trust {
    /// For whoever gives; read anew each time, as certificates are renewed.
    pub fn giver(&self) -> Result<ServerConnection, Error> {
        let provider = Arc::new(default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(
            Arc::new(self.roots().map_err(damaged)?),
            Arc::clone(&provider),
        )
        .build()
        .map_err(damaged)?;
        let (chain, key) = self.own()?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|c| c.with_client_cert_verifier(verifier).with_single_cert(chain, key))
            .map_err(damaged)?;
        ServerConnection::new(Arc::new(config)).map_err(damaged)
    }

    /// For whoever receives, from this address.
    pub fn receiver(&self, from: IpAddr) -> Result<ClientConnection, Error> {
        let (chain, key) = self.own()?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|c| c.with_root_certificates(self.roots()?).with_client_auth_cert(chain, key))
            .map_err(damaged)?;
        ClientConnection::new(Arc::new(config), ServerName::from(from)).map_err(damaged)
    }

    fn roots(&self) -> Result<RootCertStore, rustls::Error> {
        let mut roots = RootCertStore::empty();
        let general = |e| rustls::Error::General(format!("{}: {e}", self.ca.display()));
        for root in CertificateDer::pem_file_iter(&self.ca).map_err(general)? {
            roots.add(root.map_err(general)?)?;
        }
        Ok(roots)
    }

    fn own(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
        let chain = CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect).map_err(damaged)?;
        Ok((chain, PrivateKeyDer::from_pem_file(&self.key).map_err(damaged)?))
    }
}

/// Whether the other end's certificate is of the host at this address.
pub fn is_at(connection: &ServerConnection, address: IpAddr) -> bool {
    let certificate = connection.peer_certificates().and_then(|chain| chain.first());
    let parsed = certificate.and_then(|c| ParsedCertificate::try_from(c).ok());
    parsed.is_some_and(|p| verify_server_name(&p, &ServerName::from(address)).is_ok())
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Damaged(format!("the agent's certificates: {error}"))
}
