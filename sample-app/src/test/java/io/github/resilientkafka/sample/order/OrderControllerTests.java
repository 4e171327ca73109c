package io.github.resilientkafka.sample.order;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.asyncDispatch;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.request;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import io.github.resilientkafka.publisher.EventNotStoredException;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import io.github.resilientkafka.publisher.PublisherClosedException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.WebMvcTest;
import org.springframework.http.MediaType;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.transaction.CannotCreateTransactionException;

/**
 * What a client learns when its event could not be made durable.
 */
@WebMvcTest(OrderController.class)
class OrderControllerTests {

    private static final UUID ORDER_ID = UUID.randomUUID();

    private static final UUID EVENT_ID = UUID.randomUUID();

    private static final String ORDER = "{\"customerId\":\"c1\",\"item\":\"book\",\"amount\":1}";

    @Autowired
    private MockMvc mvc;

    @MockitoBean
    private OrderService orders;

    @MockitoBean
    private EventPublisher publisher;

    @BeforeEach
    void anOrder() {
        Order order = mock(Order.class);
        given(order.getId()).willReturn(ORDER_ID);
        given(order.toEvent()).willReturn(new OrderPlaced(ORDER_ID, "c1", "book", 1));
        given(this.orders.create(anyString(), anyString(), anyInt())).willReturn(order);
    }

    @Test
    void whenNeitherKafkaNorTheDatabaseTookTheEventThenItMayStillArrive() throws Exception {
        EventNotStoredException error = mock(EventNotStoredException.class);
        given(error.eventId()).willReturn(EVENT_ID);
        failWith(error);
        place().andExpect(jsonPath("$.mayStillArrive").value(true))
                .andExpect(jsonPath("$.eventId").value(EVENT_ID.toString()))
                .andExpect(jsonPath("$.detail").value(endsWith("it may still arrive.")));
    }

    @Test
    void whenTheQueueWasFullThenTheEventWillNotArrive() throws Exception {
        failWith(mock(PublishQueueFullException.class));
        place().andExpect(jsonPath("$.mayStillArrive").value(false))
                .andExpect(jsonPath("$.detail").value(endsWith("it will not arrive.")))
                .andExpect(content().string(not(containsString("eventId"))));
    }

    @Test
    void whenTheApplicationIsShuttingDownThenTheEventWillNotArrive() throws Exception {
        given(this.publisher.publish(anyString(), any(), any())).willThrow(mock(PublisherClosedException.class));
        place().andExpect(jsonPath("$.mayStillArrive").value(false));
    }

    @Test
    void whenTheDatabaseIsAwayThenNothingIsPublished() throws Exception {
        given(this.orders.create(anyString(), anyString(), anyInt()))
                .willThrow(new CannotCreateTransactionException("no connection"));
        this.mvc
                .perform(post("/orders").contentType(MediaType.APPLICATION_JSON).content(ORDER))
                .andExpect(status().isServiceUnavailable())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON));
        then(this.publisher).shouldHaveNoInteractions();
    }

    private void failWith(Throwable error) {
        given(this.publisher.publish(anyString(), any(), any())).willReturn(CompletableFuture.failedFuture(error));
    }

    private ResultActions place() throws Exception {
        MvcResult started = this.mvc
                .perform(post("/orders").contentType(MediaType.APPLICATION_JSON).content(ORDER))
                .andExpect(request().asyncStarted())
                .andReturn();
        return this.mvc
                .perform(asyncDispatch(started))
                .andExpect(status().isServiceUnavailable())
                .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
                .andExpect(jsonPath("$.orderId").value(ORDER_ID.toString()));
    }
}
