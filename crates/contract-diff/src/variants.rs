//! Compares `oneOf` and `anyOf`.

use serde_json::Value;

use crate::change::{Changes, Level};
use crate::document::{Contract, elements};
use crate::operations::Pair;
use crate::schema::discriminator;

const UNIONS: [&str; 2] = ["oneOf", "anyOf"];
const OPEN_UNION: &str = "consumers should expect variants that they do not know";

/// One alternative of a union.
struct Variant<'a> {
    /// The name of its component or its title.
    name: Option<&'a str>,
    schema: &'a Value,
}

impl Pair<'_> {
    /// A schema and a union that contains it: what was allowed is one of several alternatives now,
    /// or the other way round.
    pub(crate) fn became_union(
        &self,
        before: &Value,
        after: &Value,
        changes: &mut Changes,
    ) -> bool {
        let union = |schema: &Value| UNIONS.into_iter().find(|name| schema[name].is_array());
        let contains = |union: &Value, one: &Value, is_new: bool| {
            elements(union).any(|variant| {
                if is_new {
                    self.same(one, variant, false, 0)
                } else {
                    self.same(variant, one, false, 0)
                }
            })
        };
        match (union(before), union(after)) {
            (None, Some(name)) if contains(&after[name], before, true) => {
                let text = format!("is {name} now, of what it was and others");
                changes.add(changes.role.wider(), "became-union", text);
                true
            }
            (Some(name), None) if contains(&before[name], after, false) => {
                let text = format!("is no longer {name}, and always one of its variants");
                changes.add(changes.role.narrower(), "became-not-union", text);
                true
            }
            _ => false,
        }
    }

    /// Variants are identified by the name of their component or their title, else by their
    /// content. Those that remain are compared in their order if there are as many as before.
    pub(crate) fn variants(&self, before: &Value, after: &Value, changes: &mut Changes) {
        for keyword in UNIONS {
            let mut olds = variants(self.old, &before[keyword]);
            let mut news = variants(self.new, &after[keyword]);
            let role = changes.role;
            match (olds.is_empty(), news.is_empty()) {
                (true, true) => continue,
                (true, false) => {
                    let text = format!("is {keyword} now");
                    changes.add(role.narrower(), "became-union", text);
                    continue;
                }
                (false, true) => {
                    let text = format!("is no longer {keyword}");
                    changes.add(role.new_kind(), "became-not-union", text);
                    continue;
                }
                (false, false) => {}
            }
            olds.retain(|old| {
                let position = news.iter().position(|new| match (old.name, new.name) {
                    (Some(old), Some(new)) => old == new,
                    (None, None) => self.same(old.schema, new.schema, false, 0),
                    _ => false,
                });
                let Some(position) = position else {
                    return true;
                };
                let new = news.remove(position);
                let mut changes = changes.at(&format!(" ({})", old.label()));
                self.schema(old.schema, new.schema, &mut changes);
                false
            });
            let unnamed = |variants: &[Variant]| variants.iter().all(|one| one.name.is_none());
            if olds.len() == news.len() && unnamed(&olds) && unnamed(&news) {
                for (old, new) in olds.iter().zip(&news) {
                    let mut changes = changes.at(&format!(" ({})", old.label()));
                    self.schema(old.schema, new.schema, &mut changes);
                }
            } else {
                for old in &olds {
                    let mut changes = changes.at(&format!(" ({})", old.label()));
                    changes.add(role.narrower(), "variant-removed", "the variant is gone");
                }
                for new in &news {
                    let mut changes = changes.at(&format!(" ({})", new.label()));
                    let level = if new.schema["type"] == "null" {
                        role.new_kind()
                    } else {
                        role.wider()
                    };
                    let note = (level == Level::Risky).then_some(OPEN_UNION);
                    changes.add_noted(level, "variant-added", "the variant is new", note);
                }
            }
            discriminator(before, after, changes);
        }
    }
}

impl Variant<'_> {
    fn label(&self) -> String {
        match (self.name, self.schema["type"].as_str()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(kind)) => kind.to_owned(),
            (None, None) => self.schema.to_string(),
        }
    }
}

fn variants<'a>(contract: Contract<'a>, list: &'a Value) -> Vec<Variant<'a>> {
    elements(list)
        .map(|variant| {
            let (schema, reference) = contract.resolve(variant);
            let name = reference.and_then(|reference| reference.rsplit('/').next());
            Variant {
                name: name.or(schema["title"].as_str()),
                schema: variant,
            }
        })
        .collect()
}
