//! Actions that another process runs: a server that speaks as NeMo Guardrails' does, and one that does not.

#![cfg(feature = "http")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rails::Rails;
use serde_json::{Value, json};

const RAILS: &str = r#"
define user ask
  "run $name with $amount"

define flow
  user ask
  $price = 3
  $result = execute $action(amount=$amount, price=$price)
  bot "It says: $result"
"#;

/// Answers one request after the other, by the name of the action.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    address
}

fn answer(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request: Value = serde_json::from_slice(&body).unwrap();
        assert!(head.starts_with("POST /v1/actions/run HTTP/1.1"), "{head}");
        let parameters = &request["action_parameters"];
        let (status, body) = match request["action_name"].as_str().unwrap() {
            "add" => ("200 OK", json!({"status": "success", "result": parameters}).to_string()),
            "AddNumbersAction" => ("200 OK", json!({"status": "success", "result": 10}).to_string()),
            "nothing" => ("200 OK", json!({"status": "success"}).to_string()),
            "fails" => ("200 OK", json!({"status": "failed", "result": null}).to_string()),
            "breaks" => ("500 Internal Server Error", "secret of the server".to_owned()),
            "moves" => ("302 Found\r\nlocation: http://127.0.0.1:1/", String::new()),
            "talks" => ("200 OK", "hello".to_owned()),
            "floods" => ("200 OK", json!({"status": "success", "result": "x".repeat(10 << 20)}).to_string()),
            "hangs" => {
                thread::sleep(Duration::from_secs(20));
                return None;
            }
            other => panic!("{other}"),
        };
        let stream = reader.get_mut();
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).ok()?;
    }
}

fn rails(action: &str, server: &str) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), RAILS.replace("$action", action)).unwrap();
    let config = format!("actions_server_url: {server}\nactions: [{action}]\nlimits: {{timeout: 1s}}\n");
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    Rails::from_path(folder.path()).unwrap()
}

#[tokio::test]
async fn what_the_server_returns_is_the_result() {
    let server = format!("http://{}/", serve());
    let reply = rails("add", &server).generate("run add with 7").await.unwrap();
    assert_eq!(reply.text, "It says: {'amount': '7', 'price': 3}", "{}", reply.trace);
    let reply = rails("nothing", &server).generate("run nothing with 7").await.unwrap();
    assert_eq!(reply.text, "It says: None", "{}", reply.trace);
    // Servers know an action by the name that its author gave it.
    let reply = rails("AddNumbersAction", &server).generate("run it with 7").await.unwrap();
    assert_eq!(reply.text, "It says: 10", "{}", reply.trace);
}

#[tokio::test]
async fn what_goes_wrong_there_is_in_the_trace_and_not_in_the_reply() {
    let server = format!("http://{}", serve());
    for (action, server, reason) in [
        ("fails", &*server, "the actions server says `failed`"),
        ("breaks", &server, "answers with 500"),
        ("moves", &server, "answers with 302"),
        ("talks", &server, "does not answer as one"),
        ("floods", &server, "bytes"),
        ("hangs", &server, "it took longer than 1s"),
        ("gone", "http://127.0.0.1:1", "can't be asked"),
    ] {
        let began = Instant::now();
        let reply = rails(action, server).generate("run it with 7").await.unwrap();
        assert_eq!(reply.text, "I'm sorry, an internal error has occurred.", "{action}");
        let trace = reply.trace.to_string();
        assert!(trace.contains(reason) && !trace.contains("secret of the server"), "{action}: {trace}");
        assert!(began.elapsed() < Duration::from_secs(10), "{action} takes {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_action_that_is_registered_runs_here() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rails.co"), RAILS.replace("$action", "add")).unwrap();
    std::fs::write(folder.path().join("config.yml"), "actions_server_url: http://127.0.0.1:1\n").unwrap();
    let rails = Rails::builder().path(folder.path()).action("add", |_| async { Ok(json!("here")) }).build().unwrap();
    assert_eq!(rails.generate("run add with 7").await.unwrap().text, "It says: here");
}

/// Against a real server, such as `nemoguardrails actions-server` in a folder whose `actions.py` has `add_numbers`.
#[tokio::test]
#[ignore = "needs a server at $RAILSC_ACTIONS_SERVER"]
async fn a_real_server_runs_actions_of_python() {
    let server = std::env::var("RAILSC_ACTIONS_SERVER").unwrap();
    let reply = rails("AddNumbersAction", &server).generate("run it with 7").await.unwrap();
    assert_eq!(reply.text, "It says: 10", "{}", reply.trace);
}
