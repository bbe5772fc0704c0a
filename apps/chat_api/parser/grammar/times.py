"""Numbers, quantities, times of day, and what goes from one time to another."""

from typing import Final

TIMES: Final = """
# ---- numbers and quantities

count:
    <number>                                          => same
    <numword>                                         => same
    a|an                                              => just 1
    couple [of]                                       => just 2
    a couple [of]                                     => just 2

plain_quantity:
    {count} <unit>                                    => quantity
    <decimal> <unit>                                  => decimal_quantity
    <glued>                                           => same
    half an hour                                      => quantity 30 minute
    half a day                                        => quantity 12 hour
    half hour                                         => quantity 30 minute
    a half hour                                       => quantity 30 minute
    quarter of an hour                                => quantity 15 minute
    a quarter of an hour                              => quantity 15 minute
    three quarters of an hour                         => quantity 45 minute
    fortnight|fortnight's                             => quantity 2 week
    a fortnight|fortnight's                           => quantity 2 week
    {count} fortnights                                => fortnights
    an|one hour and a half                            => quantity 90 minute
    a year and a half                                 => quantity 18 month
    {count} and a half hours                          => and_half

quantity:
    {plain_quantity}                                  => same
    {plain_quantity} [and] {plain_quantity}           => sum_of

# ---- times of day

bare_hour:
    <number>                                          => hour
    <numword>                                         => hour

definite:
    <time>                                            => same
    <number> <half>                                   => hour
    <numword> <half>                                  => hour
    <letter> [m]                                      => same
    <time> <half>                                     => halved
    <shorttime> <half>                                => halved
    <oddtime> <half>                                  => halved
    <point> <half>                                    => pointed
    {bare_hour} o'clock|oclock|o´clock                => same
    {bare_hour} o'clock|oclock <half>                 => halved
    <military> hours|hrs                              => same
    <ish>                                             => same
    noonish                                           => clock 12 0
    half past {bare_hour}                             => past 30
    half past {bare_hour} <half>                      => past_half 30
    [a] quarter past {bare_hour}                      => past 15
    [a] quarter past {bare_hour} <half>               => past_half 15
    [a] quarter to {bare_hour}                        => past -15
    [a] quarter to {bare_hour} <half>                 => past_half -15
    <numword> [minutes] past {bare_hour}              => past
    <numword> minutes to {bare_hour}                  => to_hour
    <numword> <numword>                               => spoken
    <numword> <numword> <half>                        => spoken
    12 noon|midday                                    => clock 12 0
    12:00|12.00 noon|midday                           => clock 12 0
    noon|midday                                       => clock 12 0 1
    at noon|midday                                    => clock 12 0 2

about:
    around|about|approximately|approx|roughly|exactly|circa|ca|~   => nothing

after_at:
    {bare_hour}                                       => same
    <shorttime>                                       => same
    <oddtime>                                         => same
    <point>                                           => pointed
    <military>                                        => same
    <glued>                                           => of_glued
    {definite}                                        => same

exact_clock:
    {definite}                                        => same
    {definite} [sharp|ish|exactly]                    => same
    at|@ {about}? {after_at}                          => at_clock
    at|@ {about}? {after_at} [sharp|ish|exactly]      => at_clock
    by {about}? {after_at}                            => at_clock
    for {about}? {definite}                           => at_clock
    {about} {after_at}                                => at_clock
    at|@|by|around|about midnight                     => midnight 2
    12 midnight                                       => midnight 2
    12:00|00:00 midnight                              => midnight 2
    midnight                                          => midnight 1

with_part:
    {after_at} in the <part>                          => in_part
    {after_at} at night                               => at_night
    at|@ {about}? {after_at} in the <part>            => in_part
    at|@ {about}? {after_at} at night                 => at_night

clock_said:
    {with_part}                                       => same
    {exact_clock}                                     => same
    due {exact_clock}                                 => same
    <shorttime>                                       => companion
    for {about}? <shorttime>                          => companion
    {exact_clock} <zone>                              => unreadable other_zone
    {exact_clock} eastern|pacific|central|mountain|london|berlin|zulu time    => unreadable other_zone
    {exact_clock} or {exact_clock}                    => unreadable two_times
    {exact_clock} or {bare_hour}                      => unreadable two_times
    {exact_clock} and {exact_clock}                   => unreadable two_times
    {exact_clock} and {bare_hour}                     => unreadable two_times
    at|@ {bare_hour} and {exact_clock}                => unreadable two_times
    at|@ <impossible>                                 => unreadable no_such_time

part_said:
    in the <part>                                     => part
    at night                                          => part night
    this <part>                                       => part_today
    later this <part>                                 => part_today

# From one time to another: the first counts.
range:
    from|between|at {after_at} -|to|until|till|and|through {after_at}     => clock_range
    {definite} -|to|until|till|through {after_at}     => clock_range
    {bare_hour} - {definite}                          => clock_range
    {bare_hour} to {definite}                         => clock_range
    <shorttime> - {after_at}                          => clock_range
    from|between {date} -|to|until|till|and|through {date}      => day_range
    {calendar} -|to|until|till|through {date}         => day_range
    <month> <number> - <number>                       => month_range
    <number> - <number> <month>                       => month_range_after
    <weekday> -|to|until|till|through|thru <weekday>  => unreadable several_days
    from <weekday> -|to|until|till|through|thru <weekday>       => unreadable several_days
"""
