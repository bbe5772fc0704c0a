"""Repeats and what limits them."""

from typing import Final

REPEATS: Final = """
weekday_named:
    <weekday>                                         => same
    <weekdays>                                        => same

next_weekday_named:
    [,] [and|&] [on] [every|each] {weekday_named}     => same
    & {weekday_named}                                 => same
    / {weekday_named}                                 => same

weekday_list:
    {weekday_named} {next_weekday_named}*             => weekday_list
    {weekday_named} -|to|through|thru|till|until {weekday_named}          => weekday_span
    <initials>                                        => same
    weekday|weekdays|workday|workdays                 => weekdays_of 0 4
    working|business|work|week day|days               => weekdays_of 0 4
    weekend|weekends                                  => weekdays_of 5 6
    weekend day|days                                  => weekdays_of 5 6

day_list:
    {weekday_list}                                    => same
    {weekday_list} [,] and|& [on] [every] {weekday_list}       => both_lists

plural_list:
    <weekdays> {next_weekday_named}*                  => weekday_list
    {weekday_named} [and|&] <weekdays>                => two_weekdays
    weekdays|workdays                                 => weekdays_of 0 4
    working|business days                             => weekdays_of 0 4
    weekends                                          => weekdays_of 5 6

nth:
    <ordinal>                                         => same
    last                                              => just -1

month_day_number:
    <ordinal>                                         => month_day_number
    last day                                          => just -1
    first|1st day                                     => just 1
    last                                              => just -1

more_month_days:
    [,] [and|&] [on] [the] {month_day_number}         => same

month_days:
    [the] {month_day_number} {more_month_days}*       => month_day_list

month_number:
    <number>                                          => one_number

of_month:
    of each|every|the month                           => nothing
    of each|every the month                           => nothing
    each|every month                                  => nothing
    in each|every month                               => nothing
    monthly                                           => nothing

of_every_month:
    of each|every month                               => nothing
    each|every month                                  => nothing
    in each|every month                               => nothing
    monthly                                           => nothing

every:
    every|each [single]                               => nothing

every_other:
    every other|alternate                             => just 2
    every|each {count}                                => same
    every|each <ordinal>                              => same

every_nth:
    every|each <ordinal>                              => same

repeat_word:
    {every} day                                       => every_unit day 1
    everyday|daily                                    => every_unit day 1 1
    nightly                                           => every_part night
    {every} <part>                                    => every_part
    {every} {weekday_list}                            => on_weekdays
    {every} {weekday_list} <part>                     => on_weekdays
    {every} {day_list}                                => on_weekdays
    {plural_list}                                     => plural_weekdays
    on {plural_list}                                  => on_weekdays
    {plural_list} <part>                              => plural_weekdays
    on {plural_list} <part>                           => plural_weekdays
    monday|mon - friday|fri                           => weekdays_repeat
    {every} <unit>                                    => every_one
    {every_other} <unit>                              => every_some
    every couple [of] <unit>                          => every_some 2
    every other|alternate {weekday_list}              => other_weekdays
    every other|alternate {weekday_list} <part>       => other_weekdays
    every other|alternate <part>                      => other_part
    {every} week on {day_list}                        => on_weekdays
    {every} week on {day_list} <part>                 => on_weekdays
    {every} week every {day_list}                     => on_weekdays
    {every} week every {day_list} <part>              => on_weekdays
    weekly                                            => every_unit week 1 1
    weekly on|every {day_list}                        => on_weekdays
    weekly on|every {day_list} <part>                 => on_weekdays
    once a|per|every week                             => every_unit week 1
    once a|per|every day                              => every_unit day 1
    once a|per|every month                            => every_unit month 1
    once a|per|every year                             => every_unit year 1
    once a week on {day_list}                         => on_weekdays
    once a week on {day_list} <part>                  => on_weekdays
    once a month on [the] {month_days}                => month_on
    {every_other} <unit> on|every {day_list}          => some_weeks_on
    {every_other} <unit> on|every {day_list} <part>   => some_weeks_on
    {every_other} <unit> on [the] {month_days}        => some_months_on
    {every_other} <unit> on [the] {nth} <weekday>     => some_months_nth
    fortnightly                                       => every_unit week 2 1
    every fortnight                                   => every_unit week 2
    fortnightly on {day_list}                         => other_weekdays
    fortnightly on {day_list} <part>                  => other_weekdays
    every fortnight on {day_list}                     => other_weekdays
    every fortnight on {day_list} <part>              => other_weekdays
    monthly                                           => every_unit month 1 1
    monthly on [the] {month_days} [of the month]      => month_on
    {every} month on [the] {month_days}               => month_on
    [at|on] [the] end of every|each month             => month_at -1
    at|on [the] end of every|each month               => month_at -1
    every month end                                   => month_at -1
    [at] [the] start|beginning of every|each month    => month_at 1
    {every} month [on] {month_days}                   => month_on
    {every} month on day {month_number}                   => month_on
    {every} month on [the] {month_number}                 => month_on
    monthly on [the] {month_number}                       => month_on
    monthly on [the] {nth} <weekday>                  => nth_weekdays
    monthly [on] [the] {nth} <weekday> [of the month] => nth_weekdays
    {every} month on [the] {nth} <weekday>            => nth_weekdays
    {every} month on the {nth} weekday|workday        => nth_workday
    [on] {month_days} {of_every_month}                => month_on
    on {month_days} {of_every_month}                  => month_on
    due [on] {month_days} {of_every_month}            => month_on
    every {month_days} {of_month}?                    => month_on
    every {month_days} of [the|each|every] month      => month_on
    every month's {month_days}                        => month_on
    [on] [the] {nth} <weekday> {of_every_month}       => nth_weekdays
    due [on] [the] {nth} <weekday> {of_every_month}   => nth_weekdays
    [on] [the] {nth} and|& [the] {nth} <weekday> {of_every_month}        => nth_two
    every [the] {nth} and|& {nth} <weekday> {of_month}?        => nth_two
    every [the] {nth} and|& {nth} <weekday> of the month       => nth_two
    <weekday> <parts>                                 => weekday_parts
    on <weekday> <parts>                              => weekday_parts
    {every} {nth} <weekday> of|in [the|each|every] month      => nth_weekdays
    {every} {nth} <weekday> monthly                   => nth_weekdays
    {every} last <weekday>                            => last_weekday
    {every} first|1st <weekday>                       => first_weekday
    # "every 2nd friday" may be the second Friday of each month or every other one.
    {every_nth} <weekday>                             => which_nth
    [on] [the] {nth} weekday|workday {of_every_month} => nth_workday
    [on] [the] {nth} business|working day {of_every_month}     => nth_workday
    {every} {nth} weekday|workday of [the] month      => nth_workday
    quarterly                                         => every_unit month 3 1
    {every} quarter                                   => every_unit month 3
    every half year                                   => every_unit month 6
    semiannually|half-yearly                          => every_unit month 6 1
    yearly|annually                                   => every_unit year 1 1
    yearly|annually on {year_day}                     => every_date_of
    {every} year on {year_day}                        => every_date_of
    {every} {year_day}                                => every_date_of
    {year_day} {every} year                           => every_date_of
    on {year_day} {every} year                        => every_date_of
    {year_day} yearly|annually                        => every_date_of
    biweekly|bimonthly|biannually|bi-weekly|bi-monthly|biyearly          => unreadable two_meanings
    hourly                                            => unreadable too_often
    {every} hour|minute                               => unreadable too_often
    every {count} hours|minutes|hrs|mins|min|h        => unreadable too_often
    every <glued>                                     => every_glued
    every other hour|minute                           => unreadable too_often
    every half hour                                   => unreadable too_often
    {plain_quantity} a|per|each <unit>                => unreadable several_times
    <x> / <unit>                                      => unreadable several_times
    every few|several <unit>                          => unreadable no_number
    every <month>                                     => unreadable no_day
    every <ordinal>                                   => unreadable no_day
    every now and then|again                          => unreadable no_exact_day
    every so often                                    => unreadable no_exact_day
    every full|new|blue|half moon                     => unreadable no_exact_day
    <x> a|per|every|each <unit>                       => unreadable several_times
    <x> daily|weekly|monthly|yearly                   => unreadable several_times
    twice|thrice daily|weekly|monthly|yearly          => unreadable several_times
    <number> times daily|weekly|monthly|yearly        => unreadable several_times
    <numword> times daily|weekly|monthly|yearly       => unreadable several_times
    twice|thrice a|per|every|each <unit>              => unreadable several_times
    <number> times a|per|every|each <unit>            => unreadable several_times
    <numword> times a|per|every|each <unit>           => unreadable several_times
    every morning and|& evening|night|afternoon       => unreadable two_times
    {every} weekday but|except <weekday>              => but_weekday

year_day:
    {month_day}                                       => same
    {named}                                           => same

repeat:
    {repeat_word}                                     => same
    repeat|repeats|repeating|recurring {repeat_word}  => surely
    that repeats {repeat_word}                        => surely

# What limits a repeat.
bound:
    starting|beginning [on|from] {date}               => starting 1
    starts|begins on {date}                           => starting 1
    as of {date}                                      => starting 1
    starting|beginning|from [in] {month_named}        => starting_in
    until|till|through [the] [end] [of] <month>       => unreadable no_day
    from {date}                                       => starting 0
    until|till|til|ending|through [on] {date}         => until
    up to {date}                                      => until
    ends|ending on {date}                             => until
    from {date} -|to|until|till|through {date}        => day_range
    for the next {quantity}                           => lasting
    <number> times                                    => times
    for <number> times                                => times
    for <numword> times                               => times
    except [on] [for] {day_list}                      => except_days
    but|excluding not [on] {day_list}                 => except_days
    but|excluding|skip|skipping|excl [on] {day_list}  => except_days
    except|but|excluding [on] [for] {date}            => unreadable except_date

lasting:
    for {quantity}                                    => lasting
    for about {quantity}                              => lasting
    {quantity}                                        => same
"""
