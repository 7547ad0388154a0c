//! A graph as a Mermaid flowchart, which Markdown viewers draw.

use super::{Graph, Node, NodeKind};

/// The graph as a Mermaid flowchart.
pub fn mermaid(graph: &Graph) -> String {
    let mut page = String::from("flowchart LR\n");
    for node in &graph.nodes {
        let (open, close) = shape(node.kind);
        page += &format!("  {}{open}\"{}\"{close}\n", node.id, label(node));
    }
    for edge in &graph.edges {
        page += &format!("  {} -->|{}| {}\n", edge.from, edge.kind.word(), edge.to);
    }
    page
}

fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Intent | NodeKind::AnyText => ("([", "])"),
        NodeKind::Flow => ("[", "]"),
        NodeKind::Subflow => ("[[", "]]"),
        NodeKind::Message => (">", "]"),
        NodeKind::Action => ("{{", "}}"),
        NodeKind::Event => ("((", "))"),
    }
}

/// The name, with entities for what Mermaid or a browser would take for more.
fn label(node: &Node) -> String {
    let mut label = String::with_capacity(node.name.len());
    for c in node.name.chars() {
        match c {
            '"' => label += "#quot;",
            '<' => label += "#lt;",
            '>' => label += "#gt;",
            '#' | '&' | ';' | '`' | '*' | '_' | '\\' | '{' | '}' => label += &format!("#{};", u32::from(c)),
            c if c.is_control() || c.is_whitespace() => label.push(' '),
            c => label.push(c),
        }
    }
    label
}
