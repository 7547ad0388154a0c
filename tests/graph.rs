//! The graph of a program, in every format: as it is printed, that it hangs together, and that names stay names.

use std::collections::HashSet;
use std::process::Command;

use rails::program;
use rails::source::{SourceFile, SourceMap};
use rails::syntax::Bounds;
use rails::tools::graph::{EdgeKind, Graph, NodeKind, dot, html, mermaid};

const SHOP: &str = include_str!("data/shop.co");

fn graph(text: &str) -> Graph {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("shop.co", text));
    let compiled = program::compile(&sources, &[id], Bounds::default());
    assert!(compiled.diagnostics.iter().all(|found| !found.is_error()), "{:?}", compiled.diagnostics);
    Graph::new(&compiled.program, &sources)
}

/// Rails whose every name tries to be more than a name.
fn hostile() -> (Graph, Vec<&'static str>) {
    let names = vec![
        "</script><script>alert(1)</script>",
        "a\"] --> b[\"c",
        "#quot; & <b> {x} `y` *z* \\",
        "--> end subgraph %%{init: x}%%",
        "\u{2028}\u{202e}right to left",
    ];
    let intents = names.iter().enumerate().map(|(index, name)| {
        let text = serde_json::to_string(name).unwrap();
        format!("define flow {index}\n  user {text}\n  bot {text}\n\n")
    });
    let text: String = intents.collect();
    (graph(&text), names)
}

#[test]
fn every_kind_of_connection_is_drawn() {
    let graph = graph(SHOP);
    let kinds: HashSet<EdgeKind> = graph.edges.iter().map(|edge| edge.kind).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    let kinds: HashSet<NodeKind> = graph.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    insta::assert_snapshot!("shop_as_mermaid", mermaid(&graph));
    insta::assert_snapshot!("shop_as_dot", dot(&graph));
    insta::assert_snapshot!("shop_as_json", serde_json::to_string_pretty(&graph).unwrap());
}

#[test]
fn every_end_of_an_edge_is_a_node_and_ids_are_unique() {
    for graph in [graph(SHOP), hostile().0] {
        let ids: HashSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(ids.len(), graph.nodes.len());
        assert!(!graph.edges.is_empty());
        for edge in &graph.edges {
            assert!(ids.contains(edge.from.as_str()) && ids.contains(edge.to.as_str()), "{edge:?}");
        }
    }
}

#[test]
fn names_are_only_names() {
    let (graph, names) = hostile();
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&mermaid(&graph)), 1 + graph.nodes.len() + graph.edges.len());
    for line in mermaid(&graph).lines().skip(1).take(graph.nodes.len()) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.trim_end_matches("\"]").contains(['<', '`', '{']), "{line}");
    }
    assert_eq!(lines(&dot(&graph)), 5 + graph.nodes.len() + graph.edges.len());
    for line in dot(&graph).lines().filter(|line| line.contains("[label=")) {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
    }
    let page = html(&graph, "<img src=x onerror=alert(1)>").unwrap();
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains("<img"));
    let json = page.split("type=\"application/json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let read: serde_json::Value = serde_json::from_str(json).unwrap();
    let read: HashSet<String> =
        read["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect();
    for name in names {
        assert!(read.contains(&format!("\"{name}\"")), "{name}: {read:?}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let page = html(&graph(SHOP), "shop").unwrap();
    for way in ["src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.contains(way), "{way}");
    }
    let addresses = page.matches("://").count();
    assert_eq!(addresses, 1, "the namespace of SVG is the only address");
}

#[test]
fn the_command_writes_files_and_refuses_broken_rails() {
    let railsc = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_railsc")).args(arguments).output().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("rails.html");
    let output = railsc(&["graph", "examples/support", "--format", "html", "-o", page.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(std::fs::read_to_string(page).unwrap().contains("ask about order status"));
    let output = railsc(&["graph", "examples/mistakes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && String::from_utf8(output.stderr).unwrap().contains("error[E0501]"));
    let output = railsc(&["graph", "examples/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
}
