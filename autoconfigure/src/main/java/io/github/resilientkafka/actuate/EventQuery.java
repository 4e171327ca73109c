package io.github.resilientkafka.actuate;

import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvents.Filter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * Which rows a request asks for, read from its parameters; every complaint names the parameter.
 *
 * @param filter which rows
 * @param before only rows with a smaller id, or null
 * @param limit how many at most
 */
record EventQuery(Filter filter, @Nullable Long before, int limit) {

    private static final int DEFAULT_LIMIT = 50;

    private static final int MAX_LIMIT = 500;

    private static final String A_DURATION = "a duration such as 90s, 10m, 2h or 7d";

    private static final String AN_INSTANT = "an instant such as 2026-03-01T12:00:00Z, or ";

    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    static long id(String value) {
        return number("id", value, Long.MAX_VALUE);
    }

    static boolean flag(String name, @Nullable String value) {
        if (value == null || value.equalsIgnoreCase("false")) {
            return false;
        }
        if (value.isEmpty() || value.equalsIgnoreCase("true")) {
            return true;
        }
        throw new BadRequestException(name, value, "true or false");
    }

    static @Nullable Instant ago(String name, @Nullable String value, Clock clock) {
        return (value == null) ? null : ago(name, value, clock, A_DURATION);
    }

    private static Instant ago(String name, String value, Clock clock, String wanted) {
        try {
            Duration age = DurationFormatterUtils.detectAndParse(value);
            if (!age.isNegative()) {
                return clock.instant().minus(age);
            }
        } catch (RuntimeException ex) {
            // Not a duration, or one that reaches beyond the beginning of time: refused below.
        }
        throw new BadRequestException(name, value, wanted);
    }

    /**
     * Reads an instant, or a duration that ends now.
     */
    static @Nullable Instant since(String name, @Nullable String value, Clock clock) {
        if (value == null || value.isEmpty()) {
            return null;
        }
        try {
            return Instant.parse(value);
        } catch (DateTimeParseException ex) {
            return ago(name, value, clock, AN_INSTANT + A_DURATION + " until now");
        }
    }

    static String requireTopic(String name, @Nullable String value) {
        if (value == null || !TOPIC.matcher(value).matches()) {
            throw new BadRequestException(name, (value == null) ? "" : value, "the name of a topic");
        }
        return value;
    }

    private static @Nullable EventStatus status(@Nullable String value) {
        if (value == null) {
            return null;
        }
        try {
            return EventStatus.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException ex) {
            throw new BadRequestException("status", value, "one of " + Arrays.toString(EventStatus.values()));
        }
    }

    static UUID uuid(String name, String value) {
        try {
            UUID uuid = UUID.fromString(value);
            if (uuid.toString().equalsIgnoreCase(value)) {
                return uuid;
            }
        } catch (IllegalArgumentException ex) {
            // Not a UUID: refused below.
        }
        throw new BadRequestException(name, value, "a UUID");
    }

    static long number(String name, String value, long max) {
        try {
            long number = Long.parseLong(value);
            if (number >= 1 && number <= max) {
                return number;
            }
        } catch (NumberFormatException ex) {
            // Not a number: refused below.
        }
        throw new BadRequestException(
                name, value, (max == Long.MAX_VALUE) ? "a positive number" : "a number from 1 to " + max);
    }

    private static @Nullable String emptyToNull(@Nullable String value) {
        return (value == null || value.isEmpty()) ? null : value;
    }

    /**
     * The parameters as they came; absent and empty ones filter nothing.
     *
     * @param topic exact topic
     * @param status a status, in any case
     * @param olderThan published at least this long ago
     * @param newerThan published at most this long ago
     * @param key exact key, as text
     * @param eventId exact event id
     * @param before only rows with a smaller id
     * @param limit how many at most
     */
    record Parameters(
            @Nullable String topic,
            @Nullable String status,
            @Nullable String olderThan,
            @Nullable String newerThan,
            @Nullable String key,
            @Nullable String eventId,
            @Nullable String before,
            @Nullable String limit) {

        Parameters {
            topic = emptyToNull(topic);
            status = emptyToNull(status);
            olderThan = emptyToNull(olderThan);
            newerThan = emptyToNull(newerThan);
            eventId = emptyToNull(eventId);
            before = emptyToNull(before);
            limit = emptyToNull(limit);
        }

        EventQuery read(Clock clock) {
            Filter filter = new Filter(
                    this.topic,
                    EventQuery.status(this.status),
                    ago("olderThan", this.olderThan, clock),
                    ago("newerThan", this.newerThan, clock),
                    this.key,
                    (this.eventId == null) ? null : uuid("eventId", this.eventId));
            return new EventQuery(
                    filter,
                    (this.before == null) ? null : number("before", this.before, Long.MAX_VALUE),
                    (this.limit == null) ? DEFAULT_LIMIT : (int) number("limit", this.limit, MAX_LIMIT));
        }
    }
}
