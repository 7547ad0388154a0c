//! Where Redis is, and by which certificates both sides are known.

use std::path::Path;

use redis::{Client, ClientTlsConfig, ConnectionAddr, IntoConnectionInfo as _, RedisError, TlsCertificates};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::serve::error::ServeError;
use crate::serve::settings::{RedisSettings, Tls};

/// What connects as `settings` say.
///
/// # Errors
/// When the address is none, or a file is not what it should be.
pub(super) fn client(settings: &RedisSettings) -> Result<Client, ServeError> {
    let wrong = |error: RedisError| ServeError::Setting(format!("`redis.url`: {error}"));
    let refused = |message: &str| Err(ServeError::Setting(message.to_owned()));
    let info = settings.url.as_str().into_connection_info().map_err(wrong)?;
    match info.addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => {
            return refused(
                "`redis.url`: by `#insecure` anybody could be that Redis: leave it out, and say by `redis.ca` who vouches for it",
            );
        }
        ConnectionAddr::TcpTls { .. } => {}
        _ if settings.ca.is_some() || settings.identity.is_some() => {
            return refused("`redis.ca`, `certificate` and `key` go with a `redis.url` that begins with `rediss://`");
        }
        _ => return Client::open(info).map_err(wrong),
    }
    // A program around this library may have more than one, between which the client can't choose; where it has chosen, that stands.
    let _ = aws_lc_rs::default_provider().install_default();
    let root_cert = settings.ca.as_deref().map(pem::<CertificateDer<'_>>).transpose()?;
    let identity = |Tls { certificate, key }: &Tls| {
        let (client_cert, client_key) = (pem::<CertificateDer<'_>>(certificate)?, pem::<PrivateKeyDer<'_>>(key)?);
        Ok::<_, ServeError>(ClientTlsConfig { client_cert, client_key })
    };
    let client_tls = settings.identity.as_ref().map(identity).transpose()?;
    Client::build_with_tls(info, TlsCertificates { client_tls, root_cert }).map_err(wrong)
}

/// The bytes of a file that holds at least one `T`.
fn pem<T: PemObject>(path: &Path) -> Result<Vec<u8>, ServeError> {
    let bytes = std::fs::read(path).map_err(ServeError::io(format!("can't read `{}`", path.display())))?;
    match T::from_pem_slice(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(ServeError::Setting(format!("`{}` holds no PEM that is wanted: {error}", path.display()))),
    }
}
