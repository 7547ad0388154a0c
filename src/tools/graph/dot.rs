//! A graph in the language of Graphviz.

use super::{Graph, NodeKind};

/// The graph in the DOT language.
pub fn dot(graph: &Graph) -> String {
    let mut page = String::from(
        "digraph rails {\n  rankdir=LR;\n  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
    );
    for node in &graph.nodes {
        let label = escaped(&node.name);
        page += &format!("  {} [label=\"{label}\", {}];\n", node.id, style(node.kind));
    }
    for edge in &graph.edges {
        page += &format!("  {} -> {} [label=\"{}\"];\n", edge.from, edge.to, edge.kind.word());
    }
    page += "}\n";
    page
}

fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Intent => "shape=box, style=rounded",
        NodeKind::AnyText => "shape=box, style=\"rounded,dashed\"",
        NodeKind::Flow => "shape=box",
        NodeKind::Subflow => "shape=box, peripheries=2",
        NodeKind::Message => "shape=note",
        NodeKind::Action => "shape=hexagon",
        NodeKind::Event => "shape=ellipse",
    }
}

fn escaped(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    name.replace('\\', "\\\\").replace('"', "\\\"")
}
