package io.github.resilientkafka.sample.order;

import java.util.List;
import java.util.UUID;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;

/**
 * The table of orders.
 */
interface OrderRepository extends JpaRepository<Order, UUID> {

    List<Order> findByOrderByCreatedAtDesc(Limit limit);

    List<Order> findByStatusOrderByCreatedAtDesc(OrderStatus status, Limit limit);
}
