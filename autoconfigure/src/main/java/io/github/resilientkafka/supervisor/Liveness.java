package io.github.resilientkafka.supervisor;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationContext;

/**
 * Breaks the application's liveness while a listener is given up, so that its platform restarts it.
 */
final class Liveness {

    private final ApplicationContext context;

    private boolean broken;

    Liveness(ApplicationContext context) {
        this.context = context;
    }

    synchronized void change(boolean someGaveUp) {
        if (someGaveUp != this.broken) {
            this.broken = someGaveUp;
            AvailabilityChangeEvent.publish(this.context, someGaveUp ? LivenessState.BROKEN : LivenessState.CORRECT);
        }
    }
}
