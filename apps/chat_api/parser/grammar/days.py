"""Days."""

from typing import Final

DAYS: Final = """
month_day:
    <month> <number>                                  => month_day
    <month> [the] <ordinal>                           => month_day
    [the] <ordinal> [of] <month>                      => day_month
    <number> [of] <month>                             => day_month
    <number> <month> <year>                           => day_month
    <month> <number> [,] <year>                       => month_day
    <month> [the] <ordinal> [,] <year>                => month_day
    [the] <ordinal> [of] <month> [,] <year>           => day_month

calendar:
    {month_day}                                       => same
    <iso>                                             => iso
    <slash>                                           => slashed
    <dotted>                                          => dotted
    <dotted> <year>                                   => dotted
    <weekday> [,] [the] {month_day}                   => weekday_and_date
    <weekday> [,] <iso>                               => weekday_and_iso
    <weekday> [,] <dotted>                            => weekday_and_dotted
    <weekday> [,] <slash>                             => weekday_and_slashed
    <weekday> [,] [the] <ordinal>                     => weekday_and_ordinal

named:
    <named>                                           => named
    <named> day                                       => named
    christmas|xmas eve                                => fixed 12 24
    boxing day                                        => fixed 12 26
    new year's|years eve                              => fixed 12 31
    nye                                               => fixed 12 31
    new year's|years day                              => fixed 1 1
    new year's|years|year                             => fixed 1 1
    valentine's|valentines day                        => fixed 2 14
    valentine's|valentines                            => fixed 2 14
    easter                                            => easter 0
    easter sunday                                     => easter 0
    easter monday                                     => easter 1
    good friday                                       => easter -2

relative:
    today|2day                                        => from_today 0
    later|sometime|earlier today                      => from_today 0
    tomorrow|tmr|tmrw|tomorow|tommorow|tommorrow|tomo|tmw|2morrow|tom'w          => from_today 1
    sometime tomorrow                                 => from_today 1
    [the] day after tomorrow                          => from_today 2
    overmorrow                                        => from_today 2
    tonight|tonite|2nite                              => tonight
    later tonight                                     => tonight
    a week|fortnight today                            => week_today
    this|coming <weekday>                             => this_weekday
    this coming <weekday>                             => this_weekday
    next <weekday>                                    => next_weekday
    <weekday> [of|in] next week                       => next_week_day
    next week [on] <weekday>                          => next_week_day
    <weekday> week                                    => weekday_week
    [the] <weekday> after next                        => after_next
    week after next                                   => from_week 2
    the week after next                               => from_week 2
    weekend after next                                => from_weekend 2
    the weekend after next                            => from_weekend 2
    [the] month after next                            => from_month 2
    next week                                         => from_week 1
    sometime next week                                => from_week 1
    next month                                        => from_month 1
    next year                                         => from_year 1
    this weekend                                      => from_weekend 0
    next weekend                                      => from_weekend 1
    on|over|at the weekend                            => from_weekend 0
    [the] end of {period}                             => bare_end_of
    start|beginning of {period}                       => start_of
    the start|beginning of {period}                   => start_of
    eod|cob                                           => end_of_today
    end|close of [the] day|business|today             => end_of_today
    eow                                               => end_of_week
    eom                                               => end_of_month
    eoy                                               => end_of_year
    [the] {nth} <weekday> of [the|this] month         => nth_weekday_of
    [the] {nth} <weekday> of|in {month_named}         => nth_weekday_of
    [the] {nth} <weekday> of next month               => nth_weekday_next
    [the] first|1st day of {period}                   => start_of
    [the] last day of {period}                        => end_of
    <ordinal> of next month                           => day_of_next_month
    the <ordinal> of next month                       => day_of_next_month
    [the] <ordinal> of this month                     => day_of_month
    [the] <ordinal> of the month                      => ordinal_day
    [the] <ordinal> of month                          => ordinal_day
    in|within {quantity}                              => after_now
    in|within the next {quantity}                     => after_now
    in|within {quantity} time                         => after_now
    in {quantity} from now                            => after_now

counted:
    {quantity} from now                               => after_now
    {quantity} from today                             => after_now
    {quantity} from {plain_date}                            => quantity_from
    {quantity} after {plain_date}                           => quantity_from
    {quantity} before {plain_date}                          => quantity_before
    {quantity} on {simple_day}                        => weeks_on
    {quantity} {simple_day}                           => weeks_on
    the day after {fixed_day}                         => from_day 1
    the day before {fixed_day}                        => from_day -1

month_named:
    <month>                                           => month_named
    <month> <year>                                    => month_named

period:
    [the] {this_period}                               => same
    this {this_period}                                => same
    next {next_period}                                => same
    {month_named}                                     => same

this_period:
    week                                              => period week 0
    month                                             => period month 0
    year                                              => period year 0

next_period:
    week                                              => period week 1
    month                                             => period month 1
    year                                              => period year 1

simple_day:
    <weekday>                                         => weekday
    tomorrow|tmr|tmrw                                 => from_today 1

fixed_day:
    {calendar}                                        => same
    {named}                                           => same
    <weekday>                                         => weekday

date:
    {plain_date}                                      => same
    {counted}                                         => same

plain_date:
    {relative}                                        => same
    {calendar}                                        => same
    {named}                                           => same
    <weekday>                                         => weekday
    the <ordinal>                                     => ordinal_day
    <dayno>                                           => ordinal_alone
    {date_part}                                       => same

date_part:
    {relative} [in the] <part>                        => day_part
    {relative} at <part>                              => day_part
    {calendar} <part>                                 => day_part
    {named} <part>                                    => day_part
    <weekday> <part>                                  => weekday_part
    the <ordinal> [in] [the] <part>                   => ordinal_part

day_said:
    {date}                                            => same
    on|by the <ordinal>                               => on_ordinal
    on|by|due {date}                                  => on_day
    due on|by {date}                                  => on_day
    for {plain_date}                                  => for_day
    is due [on|by] {date}                             => on_day
    due for {date}                                    => on_day
    sometime|anytime on {date}                        => on_day
    no later than {date}                              => on_day
    at {relative}                                     => on_day
    by|before the end of {period}                     => end_of
    on <pointday>                                     => point_day
    by|due <pointday>                                 => point_day
    on <number> [of] <month>                          => impossible_day
    yesterday                                         => unreadable past
"""
