"""Reminders, how long something takes, and what is about time and cannot be read."""

from typing import Final

OTHERS: Final = """
# ---- reminders

more_offsets:
    [before|beforehand|earlier|ahead] [,] [and|&] {plain_quantity}        => same

offsets:
    {plain_quantity} {more_offsets}*                  => offset_list

before:
    before|beforehand|earlier|ahead|prior             => nothing
    in advance                                        => nothing
    ahead of time                                     => nothing

remind_word:
    remind|alert|notify|ping|nudge me                 => nothing
    and|then remind|alert|notify|ping me            => nothing
    reminder|reminders|alert|alarm [of|at|:]          => nothing
    a reminder|alert [of|at]                          => nothing
    with [a] reminder|reminders|alert                 => nothing
    with <number> reminders                           => nothing
    remind                                            => nothing

reminder:
    remind|alert|notify|ping|nudge me                 => remind
    [and|then|also] remind|alert|notify|ping me     => remind
    set|create|add|make [me] a|an reminder|alert|alarm         => remind
    with [a] reminder|reminders                       => remind
    [and] {remind_word} {offsets} {before}            => remind_before
    [and] {remind_word} {offsets}                     => remind_before
    {remind_word} {offsets} {before} and {offsets} {before}    => remind_before
    {remind_word} {offsets} and {offsets} {before}    => remind_before
    {remind_word} [on] the day before                 => day_before
    {remind_word} [at] the same time                  => remind_then
    {remind_word} when [it] is|it's due               => remind_then
    {remind_word} when due                            => remind_then
    [with] [a] {plain_quantity} reminder              => remind_of
    and {offsets} {before}                            => remind_before
    {offsets} {before}                                => also_before

# ---- what is about time and cannot be read

unreadable:
    <zoned>                                           => unreadable other_zone
    {bare_hour} -|to {bare_hour}                      => beside two_times
    <number> - <number>                               => beside two_times
    <month>                                           => beside no_day
    in <number>                                       => beside no_unit
    in <numword>                                      => beside no_unit
    after|before|until|till|past|since {bare_hour}    => beside before_or_after
    on|by|for|at <festival>                           => unreadable unknown_day
    on|by|for <festival> day                          => unreadable unknown_day
    {date} / {date}                                   => unreadable several_days
    <weekday> / <weekday> / <weekday>                 => unreadable several_days
    {exact_clock} / {exact_clock}                     => unreadable two_times
    [the] end|start|beginning of [the|this|next] quarter        => unreadable no_exact_day
    the {nth} working|business day of the|this|next month        => unreadable no_exact_day
    on the {nth} working|business day of the|this|next month     => unreadable no_exact_day
    this|next quarter                                 => unreadable no_exact_day
    in <big> <unit>                                   => unreadable no_number
    in|within {count} -|to|or {count} <unit>          => unreadable no_number
    in|within {quantity} or so|two|three              => unreadable no_number
    <impossible>                                      => unreadable no_such_time
    at|before|by <impossible>                         => unreadable no_such_time
    after|before|since {date}                         => unreadable before_or_after
    after|before|since {exact_clock}                  => unreadable before_or_after
    before {bare_hour} <half>                         => unreadable before_or_after
    not {date}                                        => unreadable before_or_after
    early|late|mid|middle [of] [in] [on] {date}       => unreadable no_exact_day
    early|late|mid|middle of {period}                 => unreadable no_exact_day
    early|late|mid|mid-|middle [of] <month>           => unreadable no_exact_day
    early|late {date_part}                            => unreadable no_exact_day
    in|by|during|this|next <month>                    => unreadable no_day
    in|by|during <month> <year>                       => unreadable no_day
    this week|month|year                              => unreadable no_exact_day
    sometime|anytime this week|month|year             => unreadable no_exact_day
    later this week|month|year                        => unreadable no_exact_day
    in a few|several <unit>                           => unreadable no_number
    in few|several <unit>                             => unreadable no_number
    {date} or {date}                                  => unreadable several_days
    {date} and {date}                                 => unreadable several_days
    {date} , {date} and|& {date}                      => unreadable several_days
    last <weekday>                                    => unreadable past
    last week|month|year|night                        => unreadable past
    {quantity} ago                                    => unreadable past
    first thing                                       => unreadable no_exact_time
    first thing {date}                                => unreadable no_exact_time
    {date} first thing                                => unreadable no_exact_time
    at|before|after|until|by|around|from dawn|sunrise|sunset|dusk|bedtime    => unreadable no_exact_time
    by|before|until breakfast|lunch|lunchtime|dinner|supper      => unreadable no_exact_time
    in [the] <season>                                 => unreadable no_exact_day
    by|before|after|during|this|next|every|each|until <season>       => unreadable no_exact_day
    {count} <weekdays> from now|today                 => unreadable no_exact_day
    {count} <weekdays> ago                            => unreadable past
    <initials>                                        => unreadable several_days
    on|by|due <impossible>                            => unreadable no_such_day
    <month> <year>                                    => unreadable no_day
    <month> <number>                                  => impossible_day
    <number> [of] <month>                             => impossible_day
    [the] <ordinal> [of] <month>                      => impossible_day
    <month> [the] <ordinal>                           => impossible_day
    the <ordinal>                                     => impossible_ordinal
    on the <ordinal>                                  => impossible_ordinal
    half <number>                                     => unreadable half_hour
    half <numword>                                    => unreadable half_hour
    {definite} {definite}                             => unreadable two_times
"""
