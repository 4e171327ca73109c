package io.github.resilientkafka.supervisor;

import java.util.function.BooleanSupplier;
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

    /**
     * Looks whether some listener is given up. One look at a time: what an earlier one saw is not to win over a later one.
     */
    synchronized void look(BooleanSupplier looker) {
        boolean someGaveUp = looker.getAsBoolean();
        if (someGaveUp != this.broken) {
            this.broken = someGaveUp;
            AvailabilityChangeEvent.publish(this.context, someGaveUp ? LivenessState.BROKEN : LivenessState.CORRECT);
        }
    }
}
