//! The server by TLS.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rcgen::CertifiedKey;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{connect, exchange, parsed, request};
use crate::running::{CONFIG, Folder, RAILS, Running, command};

#[test]
fn a_certificate_from_files_is_shown() {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    folder.file("cert.pem", &cert.pem());
    folder.file("key.pem", &signing_key.serialize_pem());
    let settings = folder.file("serve.yml", "tls: {certificate: cert.pem, key: key.pem}\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, connect(server.address));
    stream.write_all(&request("GET /healthz", &[], b"")).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(parsed(&bytes).status, 200);

    let plain = exchange(server.address, &request("GET /healthz", &[], b""));
    assert!(!plain.starts_with(b"HTTP/1.1 200"), "it answers without TLS, too");
}

#[test]
fn files_that_hold_no_certificate_are_named() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let settings = folder.file("serve.yml", "tls: {certificate: cert.pem, key: key.pem}\n");
    for (text, says) in [(None, "can't read"), (Some("no PEM"), "the certificate can't be used")] {
        if let Some(text) = text {
            folder.file("cert.pem", text);
            let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().signing_key;
            folder.file("key.pem", &key.serialize_pem());
        }
        let output = command(folder.path()).arg("--no-auth").arg("--config").arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(says) && !output.status.success(), "{error}");
    }
}
