//! Types that contain themselves.

use super::{Item, Kind, Schemas, Shape, Type};

impl Schemas<'_> {
    /// Puts a `Box` wherever a type would contain itself.
    pub(crate) fn box_recursion(&mut self) {
        let contained: Vec<Vec<usize>> = self.items.iter().map(contained_items).collect();
        let contains = |from: usize, kind: &Type| match kind.kind {
            Kind::Item(to) => leads_to(&contained, to, from),
            _ => false,
        };
        for (index, item) in self.items.iter_mut().enumerate() {
            match &mut item.shape {
                Shape::Struct { fields, .. } => {
                    for field in fields {
                        field.boxed = contains(index, &field.kind);
                    }
                }
                Shape::Union(union) => {
                    for variant in &mut union.variants {
                        variant.boxed = contains(index, &variant.kind);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The items that an item holds directly: lists and maps are on the heap already.
fn contained_items(item: &Item) -> Vec<usize> {
    let parts: Vec<&Type> = match &item.shape {
        Shape::Struct { fields, .. } => fields.iter().map(|field| &field.kind).collect(),
        Shape::Union(union) => union.variants.iter().map(|variant| &variant.kind).collect(),
        _ => Vec::new(),
    };
    let items = parts.into_iter().filter_map(|part| match part.kind {
        Kind::Item(item) => Some(item),
        _ => None,
    });
    items.collect()
}

fn leads_to(contained: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; contained.len()];
    let mut open = vec![from];
    while let Some(item) = open.pop() {
        if item == to {
            return true;
        }
        if !std::mem::replace(&mut seen[item], true) {
            open.extend(&contained[item]);
        }
    }
    false
}
