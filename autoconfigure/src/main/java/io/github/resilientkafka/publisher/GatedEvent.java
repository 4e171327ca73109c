package io.github.resilientkafka.publisher;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as its {@link LaneGate} sees it: something with a number that can be sent or stored.
 */
interface GatedEvent {

    UUID eventId();

    EventUnderWay underWay(EventUnderWay.State state);

    /**
     * Returns the event's place in its lane's publish order.
     */
    long number();

    void number(long number);

    /**
     * Notes the event's place in a {@link Roster}: the places themselves, not the roster, whose fields change with every event
     * that joins.
     */
    void takePlace(@Nullable GatedEvent[] places, int place);

    /**
     * Returns the places of the roster that the event is in.
     */
    @Nullable
    GatedEvent[] places();

    /**
     * Returns the event's own place among them.
     */
    int place();

    /**
     * Asks whether the event may be sent now. Never called with a gate's lock held: a permit may change the circuit.
     * @return a permit that must end in {@link #send} or {@link #returnPermit}, or null
     */
    @Nullable
    Object tryAcquirePermit();

    void returnPermit(Object permit);

    /**
     * Binds the event to the producer that is in use now. Called with the gate's lock held.
     * @return false if there is none
     */
    boolean claimProducer();

    /**
     * Sends the event to the producer that was claimed. May block for {@code max.block.ms}, so never called with a
     * gate's lock held. Ends in {@link LaneGate#completed} or {@link LaneGate#failed}, perhaps before it returns.
     */
    void send(Object permit);

    /**
     * Ends a permit, if there is one: by sending the event, or unused.
     */
    default void sendOrReturn(@Nullable Object permit, boolean send) {
        if (permit != null && send) {
            send(permit);
        } else if (permit != null) {
            returnPermit(permit);
        }
    }

    /**
     * Hands the event to the writer. Called with the gate's lock held: must not block. Ends in
     * {@link LaneGate#written}.
     */
    void store();
}
