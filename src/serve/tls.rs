//! TLS from files: a chain of certificates and its key.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::ServeError;
use super::settings::Tls;

/// What takes connections as `files` say.
pub(super) fn acceptor(files: &Tls) -> Result<TlsAcceptor, ServeError> {
    let unreadable = |path: &Path, error: pem::Error| match error {
        pem::Error::Io(error) => ServeError::io(format!("can't read `{}`", path.display()))(error),
        error => ServeError::Setting(format!("`{}` holds no PEM that is wanted: {error}", path.display())),
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unreadable(&files.certificate, error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unreadable(&files.key, error))?;
    let wrong =
        |error| ServeError::Io { what: "the certificate can't be used".to_owned(), error: io::Error::other(error) };
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(wrong)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
