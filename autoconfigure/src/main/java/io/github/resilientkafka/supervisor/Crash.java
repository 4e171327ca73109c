package io.github.resilientkafka.supervisor;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent;

/**
 * Why a listener, or a consumer of it, is not running.
 *
 * @param kind what ended it
 * @param text that, and what is known beyond it
 */
record Crash(Kind kind, String text) {

    private static final int ABNORMAL = 2;

    enum Kind {
        JVM_ERROR("an error of the JVM"),
        ERROR("a handler threw an error"),
        ACCESS("the broker refused its login, or what it asked for"),
        FENCED("another consumer has the same group.instance.id"),
        PRODUCER_FENCED("another producer has the same transactional.id"),
        NO_OFFSET("there is no committed offset, and auto.offset.reset is none"),
        THREAD_ENDED("its consumer thread has ended without a word"),
        NO_THREAD("its executor has no thread for it"),
        HUNG("its consumer has not polled for longer than max.poll.interval.ms, and hangs in Kafka's client"),
        NOT_STARTED("it could not be started"),
        UNSEEN_ERROR("an error ended it, which is not told to us as the application looks after its failures itself"),
        STOPPED_ABNORMALLY("it was stopped abnormally");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    static Crash of(Kind kind) {
        return new Crash(kind, kind.text);
    }

    static Crash of(Kind kind, Throwable error) {
        return new Crash(kind, kind.text + ": " + error);
    }

    /**
     * Returns what kept a container from starting: what is wrong is said by the first cause.
     */
    static Crash notStarted(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return of(Kind.NOT_STARTED, root);
    }

    Crash because(String explanation) {
        return new Crash(this.kind, this.kind.text + ": " + explanation);
    }

    /**
     * Returns what ended a container that stopped abnormally.
     * @param worst the worst reason that any of its consumers gave; the container itself repeats the first one
     * @param error what the handler threw, if it did
     */
    static Crash of(ConsumerStoppedEvent.@Nullable Reason worst, @Nullable Error error) {
        if (worst == null) {
            return of(Kind.STOPPED_ABNORMALLY);
        }
        return switch (worst.name()) {
            case "ERROR" -> ofError(error);
            case "AUTH" -> of(Kind.ACCESS);
            case "FENCED" -> of(Kind.FENCED);
            case "NO_OFFSET" -> of(Kind.NO_OFFSET);
            default -> of(Kind.STOPPED_ABNORMALLY);
        };
    }

    /**
     * An error that no handler threw came from the client, a deserialiser or an interceptor; to be on the safe side it
     * counts as one of the JVM's.
     */
    private static Crash ofError(@Nullable Error error) {
        if (error == null) {
            return of(Kind.JVM_ERROR);
        }
        return of((error instanceof VirtualMachineError) ? Kind.JVM_ERROR : Kind.ERROR, error);
    }

    /**
     * Returns how bad a reason is: those that explain more win.
     */
    static int rank(ConsumerStoppedEvent.@Nullable Reason reason) {
        if (reason == null) {
            return 0;
        }
        return switch (reason.name()) {
            case "NORMAL" -> 1;
            case "ABNORMAL" -> ABNORMAL;
            case "NO_OFFSET" -> 3;
            case "AUTH" -> 4;
            case "FENCED" -> 5;
            default -> 6;
        };
    }

    /**
     * Returns whether a reason says more than that somebody else had one.
     */
    static boolean explains(ConsumerStoppedEvent.@Nullable Reason reason) {
        return rank(reason) > ABNORMAL;
    }

    /**
     * Returns whether it is a matter of settings and permissions, which restarts do not mend.
     */
    boolean preventsStart() {
        return this.kind == Kind.ACCESS || this.kind == Kind.NO_OFFSET || this.kind == Kind.NOT_STARTED;
    }

    /**
     * Returns how long to wait before the restart.
     */
    Duration delay(Backoff backoff, Duration fencedBackoff, int crashes) {
        return (this.kind == Kind.FENCED) ? backoff.upTo(fencedBackoff, 0.5) : backoff.after(crashes);
    }
}
