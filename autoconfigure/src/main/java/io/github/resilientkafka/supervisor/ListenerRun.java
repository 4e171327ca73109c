package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a listener's present run, from its start to its end. May be begun by any thread that sees it run.
 */
final class ListenerRun {

    private final SupervisedListener supervised;

    private final ResilientListener listener;

    private final ListenerNews news;

    private final Clock clock;

    private final Progress progress;

    private final Inquiry inquiry;

    private volatile boolean underWay;

    private volatile boolean announced;

    private volatile boolean waits;

    private volatile @Nullable Instant startedAt;

    ListenerRun(SupervisedListener supervised, Surroundings surroundings, ListenerNews news, Inquiry inquiry) {
        this.supervised = supervised;
        this.listener = supervised.listener();
        this.news = news;
        this.clock = surroundings.clock();
        this.progress = new Progress(surroundings.properties().supervisor().maxBackoff());
        this.inquiry = inquiry;
    }

    void begin() {
        this.underWay = true;
        this.startedAt = this.clock.instant();
        goOn();
    }

    void beginUnlessUnderWay() {
        if (!this.underWay) {
            begin();
        }
    }

    /**
     * A part of it was replaced: it has to prove itself again.
     */
    void goOn() {
        this.waits = false;
        this.inquiry.begin();
        this.progress.begin(this.listener.handledRecords());
    }

    /**
     * It is over.
     */
    void end() {
        this.underWay = false;
    }

    boolean isUnderWay() {
        return this.underWay;
    }

    /**
     * It has no thread to run in, and begins when its executor has one. Tells so, once after each start.
     */
    void waitsForThread(Crash problem) {
        if (!this.waits) {
            this.waits = true;
            this.supervised.history().problem(problem.text(), this.clock.instant());
            this.news.waitsForThread(problem);
        }
    }

    void look() {
        if (!this.announced && new StatusOf(this.supervised).ready()) {
            this.announced = true;
            this.news.started();
        }
        this.inquiry.lookAtStart(this.progress);
        CrashHistory history = this.supervised.history();
        if (history.inARow() > 0 && this.announced && this.progress.isProven(this.listener.handledRecords())) {
            history.progressed();
        }
    }

    void crashed() {
        this.announced = false;
    }

    void stopped() {
        this.announced = false;
        this.news.stopped();
    }

    /**
     * Returns when the present run, or else the last one, began; null if there was none.
     */
    @Nullable
    Instant startedAt() {
        return this.startedAt;
    }
}
