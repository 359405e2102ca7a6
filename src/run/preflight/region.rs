//! Whether the target is in the region that the run signs for.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::Untestable;
use crate::run::access::Refusal;
use crate::run::run_context::RunContext;
use crate::spec::Arn;
use crate::spec::path;

/// Names of AWS regions. Source: AWS General Reference, "AWS service endpoints". What looks otherwise is not taken for
/// the target's region, but for a divergence.
static REGION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:us|eu|ap|sa|ca|me|af|il|cn|mx)(?:-[a-z]+)+-[0-9]\b").ok());

/// The region that all resources which the pre-flight check made name, if it is another one.
pub fn of_created(env: &RunContext, created: &[(String, Value)]) -> Option<Untestable> {
    let arns: Vec<String> = created.iter().flat_map(|(operation, output)| arns(env, operation, output)).collect();
    let named = Arn::parse(arns.first()?)?.region;
    let agree = arns.iter().all(|arn| Arn::parse(arn).is_some_and(|arn| arn.region == named));
    let is_region = regions(named).first().is_some_and(|region| *region == named);
    (agree && is_region && named != env.target.region()).then(|| Untestable::WrongRegion {
        endpoint: env.target.endpoint().to_owned(),
        signed: env.target.region().to_owned(),
        named: named.to_owned(),
        seen: format!("it made {}", arns.first().map_or("", String::as_str)),
    })
}

/// The ARNs of what an operation made, by its output.
pub fn arns(env: &RunContext, operation: &str, output: &Value) -> Vec<String> {
    let products = env.plan.resources.products(operation).iter();
    products.filter_map(|product| path::find(output, &product.path)?.as_str().map(str::to_owned)).collect()
}

/// The region that a refusal names, if it is another one.
pub fn of_refusal(env: &RunContext, refusal: &Refusal) -> Option<Untestable> {
    let signed = env.target.region();
    let named = regions(&refusal.message).into_iter().find(|region| *region != signed)?;
    env.target.signs().then(|| Untestable::WrongRegion {
        endpoint: env.target.endpoint().to_owned(),
        signed: signed.to_owned(),
        named: named.to_owned(),
        seen: format!("it refuses access with {refusal}"),
    })
}

fn regions(text: &str) -> Vec<&str> {
    let found = REGION.as_ref().map(|region| region.find_iter(text).map(|found| found.as_str()).collect());
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::regions;

    #[test]
    fn regions_are_found_in_messages() {
        let message = "Credential should be scoped to a valid region, not 'eu-west-1'; expecting us-gov-east-1.";
        assert_eq!(regions(message), ["eu-west-1", "us-gov-east-1"]);
        assert_eq!(regions("xx-else-1 us-east east-1"), [""; 0]);
    }
}
