//! Step two: the rules of an annotation, one function for each.

pub(crate) mod item;

mod arguments;
mod delays;
mod function;
mod limits;
mod moves;
mod outcomes;
mod site;
mod task;
mod words;

use crate::errors::Errors;
use crate::item::function::Function;
use crate::read::args::Args;

/// Checks every rule. The messages appear in this order.
pub(crate) fn check(function: &Function, args: &Args, errors: &mut Errors) {
    site::the_crates_have_their_names(args, errors);
    function::const_functions_cannot_wait(function, errors);
    function::callers_are_not_tracked(function, errors);
    function::one_attribute_retries(function, errors);
    function::there_is_an_outcome(function, errors);
    function::a_report_belongs_to_a_result(function, args, errors);
    function::an_option_holds_no_result(function, errors);
    function::nothing_is_borrowed_from_a_mutable_reference(function, errors);

    limits::max_and_attempts_exclude_each_other(args, errors);
    limits::counts_are_in_range(args, errors);
    limits::unlimited_attempts_can_end(args, errors);
    limits::times_are_above_zero(args, errors);
    limits::a_reset_has_no_deadline(args, errors);
    limits::the_last_start_is_before_the_deadline(args, errors);
    limits::a_timeout_needs_async(function, args, errors);
    limits::a_timeout_requires_idempotent(function, args, errors);
    limits::a_timeout_fits_into_the_deadline(args, errors);
    limits::the_first_retry_can_start(args, errors);
    limits::a_timeout_leaves_time_for_a_retry(function, args, errors);

    words::values_are_no_words(function, args, errors);

    delays::the_factor_is_at_least_one(args, errors);
    delays::the_factor_has_an_effect(args, errors);
    delays::decorrelated_delays_have_no_backoff(args, errors);
    delays::a_list_has_no_base(args, errors);
    delays::the_cap_is_not_below_the_base(args, errors);

    outcomes::a_text_says_what_is_retried(function, args, errors);
    outcomes::on_lists_kinds_that_can_be_retried(args, errors);
    outcomes::idempotency_is_not_contradicted(args, errors);

    arguments::listed_arguments_exist(function, args, errors);
    arguments::each_argument_is_cloned_or_kept_once(args, errors);
    arguments::kept_arguments_are_mutable(function, args, errors);
    arguments::cloned_arguments_are_owned(function, args, errors);
    arguments::mutable_arguments_are_cloned_or_kept(function, args, errors);
    moves::attempts_do_not_move_arguments(function, args, errors);
    arguments::the_context_hides_no_argument(function, args, errors);
    arguments::recover_gets_every_argument(function, args, errors);

    task::check(function, args, errors);
    site::site_values_name_no_arguments(function, args, errors);
    site::site_values_are_known_to_the_compiler(args, errors);
    site::a_task_computes_no_settings(args, errors);
}
